import { existsSync, readFileSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import SSHConfig from 'ssh-config';
import type { Login, SshTarget } from '../provider.ts';
import { type ParsedHost, parseHost } from './ssh-options.ts';

/** The settings of one host in ssh_config(5), by lower-cased keyword. */
type Settings = ReadonlyMap<string, readonly string[]>;

/** Reads `~/.ssh/config`; a missing file is an empty one. */
export function readSshConfig(file = join(homedir(), '.ssh/config')): SSHConfig {
  return SSHConfig.parse(existsSync(file) ? readFileSync(file, 'utf8') : '');
}

/**
 * How to reach a machine: what the flags and the scenario say, else what ~/.ssh/config says of it, else ssh's own
 * defaults. ProxyJump is followed to its end.
 */
export function sshTarget(host: ParsedHost, login: Login, config: SSHConfig): SshTarget {
  const settings = settingsOf(host.address, config);
  const one = (key: string) => settings.get(key)?.[0];
  const keyFile = login.keyFile ?? (host.key === undefined ? undefined : expand(host.key));
  const identityFiles = (settings.get('identityfile') ?? []).map(expand);
  const alias = one('hostkeyalias');
  const strict = one('stricthostkeychecking')?.toLowerCase();
  const knownHostsFiles = settings
    .get('userknownhostsfile')
    ?.flatMap((files) => files.split(/\s+/).map(expand));
  const jumps = jumpsOf(one('proxyjump'), login, config);
  return {
    host: one('hostname')?.replaceAll('%h', host.address) ?? host.address,
    port: host.port ?? Number(one('port') ?? 22),
    user: login.user ?? host.user ?? one('user') ?? userInfo().username,
    ...(keyFile === undefined ? {} : { keyFile }),
    ...(identityFiles.length > 0 ? { identityFiles } : {}),
    ...(alias === undefined ? {} : { hostKeyAlias: alias }),
    ...(strict === 'no' || strict === 'off' || strict === 'accept-new' ? { acceptNewHostKey: true } : {}),
    ...(knownHostsFiles === undefined ? {} : { knownHostsFiles }),
    ...(jumps.length > 0 ? { jumps } : {}),
  };
}

function jumpsOf(written: string | undefined, login: Login, config: SSHConfig): readonly SshTarget[] {
  if (written === undefined || written.toLowerCase() === 'none') return [];
  const { keyFile } = login;
  return written.split(',').flatMap((hop) => {
    const { jumps = [], ...target } = sshTarget(
      parseHost(hop.trim()),
      keyFile === undefined ? {} : { keyFile },
      config,
    );
    return [...jumps, target];
  });
}

function settingsOf(address: string, config: SSHConfig): Settings {
  const computed = config.compute(address, { ignoreCase: true }) as Record<string, string | string[]>;
  return new Map(Object.entries(computed).map(([key, value]) => [key.toLowerCase(), [value].flat()]));
}

const expand = (path: string): string =>
  path
    .replace(/^~(?=\/|$)/, homedir())
    .replaceAll('%d', homedir())
    .replaceAll('%u', userInfo().username);
