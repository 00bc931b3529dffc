import { quote } from '../../../providers/host/root-script.ts';
import { opensshOptions, strictness } from '../../../remotes/openssh-options.ts';
import type { SshTarget } from '../../../remotes/ssh-target.ts';

/** A keyword of ssh_config(5) and its value, quoted as that file wants it. */
export type SshSetting = readonly [keyword: string, value: string];

/** What OpenSSH has to be told to reach a machine as we do; not the way over jump hosts. */
export function sshSettings(target: SshTarget, knownHostsFile: string): readonly SshSetting[] {
  const { host, port, user, keyFile, identityFiles = [], hostKeyAlias } = target;
  const { identitiesOnly = keyFile !== undefined, identityAgent, proxyCommand } = target;
  const keys = [...(keyFile === undefined ? [] : [keyFile]), ...identityFiles];
  return [
    ['HostName', host],
    ['Port', String(port)],
    ['User', user],
    ...keys.map((file): SshSetting => ['IdentityFile', path(file)]),
    ...(identitiesOnly ? [['IdentitiesOnly', 'yes'] as const] : []),
    ...(identityAgent === undefined ? [] : [['IdentityAgent', path(identityAgent)] as const]),
    ...(proxyCommand === undefined ? [] : [['ProxyCommand', proxyCommand.replaceAll('%', '%%')] as const]),
    ...(hostKeyAlias === undefined ? [] : [['HostKeyAlias', hostKeyAlias] as const]),
    ['UserKnownHostsFile', path(knownHostsFile)],
    ['StrictHostKeyChecking', strictness(target)],
    ...opensshOptions(target),
  ];
}

/**
 * The words of an `ssh` command that needs no configuration file: `ssh -F none -o … user@host`. The way over
 * jump hosts is a ProxyCommand, since ProxyJump takes no key and no known_hosts file for the jump host.
 */
export function sshWords(target: SshTarget, knownHostsFile: string): readonly string[] {
  return ['ssh', ...sshArguments(target, knownHostsFile), target.host];
}

/** Those words without `ssh` and the host. */
export function sshArguments(target: SshTarget, knownHostsFile: string): readonly string[] {
  const settings = sshSettings(target, knownHostsFile).filter(([keyword]) => keyword !== 'HostName');
  const proxy = proxyCommand(target, knownHostsFile);
  const all = proxy === undefined ? settings : [...settings, ['ProxyCommand', proxy] as const];
  return ['-F', 'none', ...all.flatMap(([keyword, value]) => ['-o', `${keyword}=${value}`])];
}

/** As a shell takes it, with `%` for ssh's tokens; undefined without a jump host. */
function proxyCommand({ jumps = [] }: SshTarget, knownHostsFile: string): string | undefined {
  const last = jumps.at(-1);
  if (!last) return undefined;
  const words = sshArguments({ ...last, jumps: jumps.slice(0, -1) }, knownHostsFile);
  return ['ssh', ...words.map((word) => word.replaceAll('%', '%%')), '-W', '[%h]:%p', last.host]
    .map(shellWord)
    .join(' ');
}

/** As a shell reads it back; quoted only where it must be. */
export const shellWord = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : quote(word));

/** In quotes, and with no `%` that ssh would take for a token. */
const path = (file: string): string => `"${file.replaceAll('%', '%%')}"`;
