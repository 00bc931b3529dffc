import { homedir } from 'node:os';
import { join } from 'node:path';
import { ShakedownError } from '../../../common/errors.ts';
import type { SshTarget } from '../ssh-target.ts';
import { issue } from './certificates.ts';
import {
  addKnownHost,
  hostName,
  judgeHostKey,
  keyType,
  knownKeyTypes,
  placeOfVerdict,
  trustsAuthority,
} from './known-hosts.ts';
import { isRevoked } from './revoked-keys.ts';

/** Decides whether a server is who it should be; keeps why not. */
export interface HostKeyCheck {
  /** ssh2's hostVerifier. */
  verify(key: Buffer): boolean;
  /** Key types to ask for first; empty for no preference. */
  readonly preferred: readonly string[];
  /** Set when `verify` said no. */
  refusal(): ShakedownError | undefined;
}

/**
 * A pinned key must match; else known_hosts is asked, as OpenSSH does with StrictHostKeyChecking yes, unless
 * the target says otherwise.
 */
export function hostKeyCheck(target: SshTarget, files: readonly string[] = defaultFiles()): HostKeyCheck {
  const { host, port, hostKey, hostKeyAlias, acceptNewHostKey, revokedHostKeys } = target;
  const name = hostKeyAlias ?? hostName(host, port);
  let refusal: ShakedownError | undefined;
  const refuse = (message: string, hint: string) => {
    refusal = new ShakedownError({ message, hint, address: host });
    return false;
  };
  const judge = (offered: string) => {
    const verdict = judgeHostKey(files, name, offered);
    // As ssh does: a key that is known for the address stands for its other ports too.
    const elsewhere = verdict === 'unknown' && port !== 22 && hostKeyAlias === undefined;
    return elsewhere && judgeHostKey(files, host, offered) === 'known' ? 'known' : verdict;
  };
  const place = (offered: string) => placeOfVerdict(files, name, offered) ?? 'known_hosts';
  // ssh-keygen takes the user's own file unless told.
  const fileOf = (offered: string) => {
    const file = place(offered).replace(/:\d+$/, '');
    return file === ownKnownHosts()[0] ? '' : `-f ${file} `;
  };
  const [pinnedType = '', pinned] = hostKey?.split(/\s+/) ?? [];
  const verify = (key: Buffer): boolean => {
    const offered = key.toString('base64');
    if (pinned !== undefined) {
      if (pinned === offered) return true;
      return refuse(
        `${host} answered with another host key than the one that was made for it`,
        'another machine has this address: is an earlier one still running there?',
      );
    }
    const [first = ownKnownHosts()[0] ?? ''] = files;
    if (revokedHostKeys !== undefined && isRevoked(revokedHostKeys, offered)) {
      return refuse(
        `the host key of ${name} is revoked (${revokedHostKeys}), or that file cannot be read`,
        'give the machine a new host key',
      );
    }
    if (target.acceptAnyOnLoopback && isLoopback(host)) return true;
    switch (judge(offered)) {
      case 'known':
        return true;
      case 'unknown':
        if (acceptNewHostKey) {
          addKnownHost(first, name, offered, target.hashKnownHosts);
          return true;
        }
        if (trustsAuthority(files, name) || trustsAuthority(files, host)) {
          return refuse(
            `known_hosts trusts ${name} by a certificate authority, and ssh2 has no certificates (${issue})`,
            `compare its own key and add it: ssh-keyscan -p ${port} ${host} >> ${first}`,
          );
        }
        return refuse(
          `the host key of ${name} (${keyType(offered)}) is not in known_hosts`,
          `log in once by hand and compare the key: ssh -p ${port} ${target.user}@${host}`,
        );
      case 'changed':
        if (target.acceptChangedHostKey) return true;
        return refuse(
          `the host key of ${name} has changed (${place(offered)} has another): this may be another machine, or somebody in between`,
          `if the machine was installed anew: ssh-keygen ${fileOf(offered)}-R '${name}', then log in once by hand`,
        );
      case 'revoked':
        return refuse(
          `the host key of ${name} is revoked (${place(offered)})`,
          'give the machine a new host key',
        );
    }
  };
  const known = knownKeyTypes(files, name);
  const preferred = pinned === undefined ? [...known, ...knownKeyTypes(files, host)] : [pinnedType];
  return { verify, preferred, refusal: () => refusal };
}

const isLoopback = (host: string): boolean => /^(127\.\d+\.\d+\.\d+|::1|localhost)$/.test(host);

/** The user's files that ssh asks unless told otherwise. */
export const ownKnownHosts = (): string[] =>
  ['known_hosts', 'known_hosts2'].map((name) => join(homedir(), '.ssh', name));

/** Those of the system. */
export const systemKnownHosts = ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'];

export const defaultFiles = (): string[] => [...ownKnownHosts(), ...systemKnownHosts];
