import { readFileSync } from 'node:fs';
import ssh2, { type ParsedKey } from 'ssh2';

/** What came of reading a private key's file. */
export type PrivateKey =
  | { readonly is: 'usable'; readonly key: Buffer; readonly passphrase?: string }
  /** It has a passphrase, and none was given or another one. */
  | { readonly is: 'locked' }
  | { readonly is: 'unusable'; readonly why: string; readonly hint: string };

const another = 'name another with --key';

/** Reads a private key, of any form that ssh2 reads (OpenSSH, PEM, PuTTY). */
export function readPrivateKey(file: string, passphrase: string | undefined): PrivateKey {
  let key: Buffer;
  try {
    key = readFileSync(file);
  } catch (error) {
    return {
      is: 'unusable',
      why: `the key ${file} cannot be read: ${(error as Error).message}`,
      hint: another,
    };
  }
  const found = ssh2.utils.parseKey(key, passphrase) as ReturnType<typeof ssh2.utils.parseKey> | ParsedKey[];
  const parsed = Array.isArray(found) ? (found[0] ?? new Error('it holds no key')) : found;
  if (parsed instanceof Error) {
    if (/encrypted|passphrase|decrypt|integrity/i.test(parsed.message)) return { is: 'locked' };
    return {
      is: 'unusable',
      why: `${file} is not a private key that ssh2 reads: ${parsed.message}`,
      hint: another,
    };
  }
  if (!parsed.isPrivateKey()) {
    const why = `${file} is a public key, and the private one is needed`;
    return { is: 'unusable', why, hint: 'name the file without .pub' };
  }
  return { is: 'usable', key, ...(passphrase === undefined ? {} : { passphrase }) };
}
