import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { keyType } from './known-hosts.ts';

/**
 * Whether a file of RevokedHostKeys (ssh_config(5)) has a key (base64 of its wire format): public keys, one
 * a line, or a KRL, of which ssh-keygen(1) is asked. As with ssh every key is taken for revoked where the
 * file cannot be read.
 */
export function isRevoked(file: string, key: string): boolean {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch {
    return true;
  }
  if (!bytes.subarray(0, 6).equals(Buffer.from('SSHKRL'))) return bytes.toString().split(/\s+/).includes(key);
  const asked = spawnSync('ssh-keygen', ['-Q', '-f', file, '/dev/stdin'], {
    input: `${keyType(key)} ${key}\n`,
  });
  return asked.status !== 0;
}
