import { join } from 'node:path';
import { opensshOptions, strictness } from '../remotes/openssh-options.ts';
import type { SshTarget } from '../remotes/ssh-target.ts';

/** The name of the machine in the configuration. */
export const sshName = 'testbed';

/**
 * OpenSSH's configuration (ssh_config(5)) for one machine and the hosts to jump over, with its
 * host key pinned, and the contents of the known_hosts file in `directory` for it.
 * `controlPath` is the socket of a connection to share.
 */
export function sshFiles(
  target: SshTarget,
  directory: string,
  controlPath?: string,
): { readonly config: string; readonly knownHosts: string } {
  const hops = [...(target.jumps ?? []), target];
  const names = hops.map((_, index) => (index === hops.length - 1 ? sshName : `jump${index}`));
  const blocks = hops.map((hop, index) => {
    const through = names[index - 1];
    return [
      `Host ${names[index]}`,
      ...hostLines(hop, join(directory, 'known_hosts'), names[index] ?? ''),
      ...(through === undefined ? [] : [`ProxyJump ${through}`]),
      ...(controlPath !== undefined && hop === target ? [`ControlPath ${word(controlPath)}`] : []),
    ].join('\n  ');
  });
  const pinned = hops.flatMap(({ hostKey }, index) => (hostKey ? [`${names[index]} ${hostKey}\n`] : []));
  return { config: `${[...blocks, common].join('\n\n')}\n`, knownHosts: pinned.join('') };
}

/** Where a line of ssh's own would end up among what a test prints, it says nothing. */
const common = `Host *
  BatchMode yes
  LogLevel ERROR
  ServerAliveInterval 15
  ServerAliveCountMax 4
  ConnectTimeout 30`;

function hostLines(hop: SshTarget, pinnedFile: string, name: string): readonly string[] {
  const { host, port, user, keyFile, identityFiles = [], hostKey, hostKeyAlias, knownHostsFiles } = hop;
  const keys = [...(keyFile === undefined ? [] : [keyFile]), ...identityFiles];
  return [
    `HostName ${host}`,
    `Port ${port}`,
    `User ${user}`,
    ...keys.map((key) => `IdentityFile ${word(key)}`),
    ...(keyFile === undefined && !hop.identitiesOnly ? [] : ['IdentitiesOnly yes']),
    ...(hop.identityAgent === undefined ? [] : [`IdentityAgent ${word(hop.identityAgent)}`]),
    ...(hop.proxyCommand === undefined ? [] : [`ProxyCommand ${hop.proxyCommand.replaceAll('%', '%%')}`]),
    ...(hostKey === undefined ? [] : [`HostKeyAlias ${name}`, `UserKnownHostsFile ${word(pinnedFile)}`]),
    ...(hostKey === undefined && hostKeyAlias !== undefined ? [`HostKeyAlias ${hostKeyAlias}`] : []),
    ...(hostKey === undefined && knownHostsFiles
      ? [`UserKnownHostsFile ${knownHostsFiles.map(word).join(' ')}`]
      : []),
    `StrictHostKeyChecking ${strictness(hop)}`,
    ...opensshOptions(hop).map(([keyword, value]) => `${keyword} ${value}`),
  ];
}

/** Percent signs are ssh's own there (ssh_config(5), TOKENS). */
const word = (text: string): string => `"${text.replaceAll('%', '%%')}"`;
