import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { BaseAgent, ParsedKey } from 'ssh2';
import { ShakedownError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import type { SshTarget } from '../ssh-target.ts';
import { ssh2 } from '../ssh2.ts';
import { agentSocket, chosenKeys, isAccepted } from './agent-keys.ts';

type Method =
  | {
      readonly type: 'publickey';
      readonly username: string;
      readonly key: Buffer | string;
      readonly passphrase?: string;
    }
  | { readonly type: 'agent'; readonly username: string; readonly agent: BaseAgent<ParsedKey> };

export interface Credentials {
  /** What ssh2's authHandler takes, the most wanted first. */
  readonly methods: readonly Method[];
  /** What was tried, for the error of a refused login. */
  readonly tried: readonly string[];
}

/**
 * Everything to log in with: the named key, then the ssh agent, then identity files, then ssh's default keys.
 * Where only identities that are named may be tried (IdentitiesOnly), it is these, and no others of the
 * agent's. Throws ShakedownError for a named key that is missing, unreadable, or encrypted without
 * SHAKEDOWN_KEY_PASSPHRASE (unless the agent may have it).
 */
export function credentials(target: SshTarget, env: NodeJS.ProcessEnv = process.env): Credentials {
  const { user, keyFile, identityFiles = [], identitiesOnly = false, keyAlgorithms } = target;
  const agent = agentSocket(target, env);
  const methods: Method[] = [];
  const tried: string[] = [];
  const addKey = (file: string, named: boolean) => {
    const key = readKey(file, {
      named,
      agent: agent !== undefined,
      passphrase: env.SHAKEDOWN_KEY_PASSPHRASE,
    });
    if (key === undefined || !isAccepted(key.type, keyAlgorithms)) return;
    methods.push({ username: user, ...key, type: 'publickey' });
    tried.push(file);
  };
  if (keyFile !== undefined) addKey(keyFile, true);
  const defaults = ['id_ed25519', 'id_ecdsa', 'id_rsa'].map((name) => join(homedir(), '.ssh', name));
  const named = [...(keyFile === undefined ? [] : [keyFile]), ...identityFiles];
  const listed = named.length > 0 ? named : defaults;
  if (agent !== undefined) {
    const chosen = { files: listed, only: identitiesOnly, algorithms: keyAlgorithms };
    methods.push({ type: 'agent', username: user, agent: chosenKeys(agent, chosen) });
    tried.push(identitiesOnly ? 'those of them that the ssh agent has' : 'the ssh agent');
  }
  const all = keyFile === undefined && !identitiesOnly ? [...identityFiles, ...defaults] : listed;
  for (const file of all) if (file !== keyFile) addKey(file, false);
  return { methods, tried: [...new Set(tried)] };
}

function readKey(
  file: string,
  { named, agent, passphrase }: { named: boolean; agent: boolean; passphrase: string | undefined },
): { type: string; key: Buffer; passphrase?: string } | undefined {
  const unusable = (message: string, hint: string) => {
    if (named) throw new ShakedownError({ message, hint });
    return undefined;
  };
  let key: Buffer;
  try {
    key = readFileSync(file);
  } catch (error) {
    if (!named) return undefined;
    return unusable(`the key ${file} cannot be read: ${(error as Error).message}`, 'name another with --key');
  }
  const found = ssh2().utils.parseKey(key, passphrase) as ParsedKey | ParsedKey[] | Error;
  const parsed = Array.isArray(found) ? (found[0] ?? new Error('it holds no key')) : found;
  if (!(parsed instanceof Error) && !parsed.isPrivateKey())
    return unusable(`${file} is a public key, and the private one is needed`, 'name the file without .pub');
  if (!(parsed instanceof Error)) return { type: parsed.type, key, ...present({ passphrase }) };
  const encrypted = /encrypted|passphrase|decrypt|integrity/i.test(parsed.message);
  if (encrypted && agent) return undefined;
  if (encrypted) {
    const what =
      passphrase === undefined ? 'needs a passphrase' : 'does not open with SHAKEDOWN_KEY_PASSPHRASE';
    return unusable(`the key ${file} ${what}`, `ssh-add ${file}, or set SHAKEDOWN_KEY_PASSPHRASE`);
  }
  return unusable(
    `${file} is not a private key that ssh2 reads: ${parsed.message}`,
    'name another with --key',
  );
}
