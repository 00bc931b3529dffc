import { existsSync, readFileSync } from 'node:fs';
import type { BaseAgent, IdentityCallback, ParsedKey } from 'ssh2';
import type { SshTarget } from '../ssh-target.ts';
import { ssh2 } from '../ssh2.ts';

/**
 * The socket of the ssh agent that a target names (IdentityAgent in ssh_config(5)): `none`, a path, or
 * `$NAME` for a variable with the path; else SSH_AUTH_SOCK. Undefined where there is none.
 */
export function agentSocket(
  { identityAgent }: Pick<SshTarget, 'identityAgent'>,
  env: NodeJS.ProcessEnv,
): string | undefined {
  if (identityAgent?.toLowerCase() === 'none') return undefined;
  const named = identityAgent?.startsWith('$')
    ? env[identityAgent.replace(/^\$\{?|\}$/g, '')]
    : identityAgent;
  const path = named ?? (identityAgent === undefined ? env.SSH_AUTH_SOCK : undefined);
  return path && existsSync(path) ? path : undefined;
}

/** Which of an agent's keys are tried. */
export interface ChosenKeys {
  /** Those of these files come first, for a server lets only a few be tried. */
  readonly files: readonly string[];
  /** No others at all (IdentitiesOnly). */
  readonly only: boolean;
  /** Signature algorithms; all without it. */
  readonly algorithms?: readonly string[] | undefined;
}

/** The agent with those of its keys, in the order in which ssh tries them. */
export function chosenKeys(socket: string, { files, only, algorithms }: ChosenKeys): BaseAgent<ParsedKey> {
  const agent = ssh2().createAgent(socket) as BaseAgent<ParsedKey>;
  const wanted = new Set(files.flatMap((file) => publicHalf(file) ?? []));
  const isWanted = (key: ParsedKey) => wanted.has(key.getPublicSSH().toString('base64'));
  const getIdentities = agent.getIdentities.bind(agent);
  agent.getIdentities = (callback: IdentityCallback<ParsedKey>) =>
    getIdentities((error, found = []) => {
      if (error) return callback(error);
      // The other type is for keys of an agent for something else (ssh2's PublicKeyEntry).
      const keys = (found as readonly ParsedKey[]).filter(({ type }) => isAccepted(type, algorithms));
      const others = only ? [] : keys.filter((key) => !isWanted(key));
      callback(undefined, [...keys.filter(isWanted), ...others]);
    });
  return agent;
}

/** Whether a key of that type can sign by one of the algorithms: an RSA key by several (RFC 8332). */
export const isAccepted = (type: string, algorithms: readonly string[] | undefined): boolean =>
  algorithms === undefined ||
  (type === 'ssh-rsa' ? ['ssh-rsa', 'rsa-sha2-256', 'rsa-sha2-512'] : [type]).some((each) =>
    algorithms.includes(each),
  );

/**
 * Base64 of a key's public half: of the file itself, which may be the public one, or of the one beside it.
 */
function publicHalf(file: string): string | undefined {
  for (const each of [`${file}.pub`, file]) {
    try {
      const parsed = ssh2().utils.parseKey(readFileSync(each));
      const key = Array.isArray(parsed) ? parsed[0] : parsed;
      if (key && !(key instanceof Error)) return key.getPublicSSH().toString('base64');
    } catch {
      // Not there, or not for us to read.
    }
  }
  return undefined;
}
