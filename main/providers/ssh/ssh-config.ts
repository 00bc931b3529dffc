import { homedir, userInfo } from 'node:os';
import type SSHConfig from 'ssh-config';
import { UsageError } from '../../../common/errors.ts';
import type { SshTarget } from '../../remotes/ssh-target.ts';
import type { Login } from '../provider.ts';
import { type ParsedHost, parseHost } from './parse-host.ts';

/** The settings of one host in ssh_config(5), by lower-cased keyword. */
type Settings = ReadonlyMap<string, readonly string[]>;

/**
 * How to reach a machine: what the flags and the scenario say, else what ~/.ssh/config says of it, else ssh's own
 * defaults. ProxyJump is followed to its end. Throws UsageError for a port that is none and a circle of jump hosts.
 */
export function sshTarget(
  host: ParsedHost,
  login: Login,
  config: SSHConfig,
  behind: readonly string[] = [],
): SshTarget {
  if (behind.includes(host.address))
    throw new UsageError(
      `~/.ssh/config: ProxyJump goes round in a circle: ${[...behind, host.address].join(' -> ')}`,
      { hint: `give ${host.address} a Host block of its own, before the others, with 'ProxyJump none'` },
    );
  const settings = settingsOf(host.address, config);
  const one = (key: string) => settings.get(key)?.[0];
  const hostname = one('hostname')?.replaceAll('%h', host.address) ?? host.address;
  const user = login.user ?? host.user ?? one('user') ?? userInfo().username;
  const expand = (path: string) => expandPath(path, hostname, user);
  const keyFile = login.keyFile ?? (host.key === undefined ? undefined : expand(host.key));
  const identityFiles = (settings.get('identityfile') ?? [])
    .filter((file) => file.toLowerCase() !== 'none')
    .map(expand);
  const alias = one('hostkeyalias');
  const strict = one('stricthostkeychecking')?.toLowerCase();
  const knownHostsFiles = settings
    .get('userknownhostsfile')
    ?.flatMap((files) => files.split(/\s+/).map(expand));
  const jumps = jumpsOf(host.jump ?? one('proxyjump'), login, config, [...behind, host.address]);
  return {
    host: hostname,
    port: host.port ?? portOf(one('port'), host.address),
    user,
    ...(keyFile === undefined ? {} : { keyFile }),
    ...(identityFiles.length > 0 ? { identityFiles } : {}),
    ...(alias === undefined ? {} : { hostKeyAlias: alias }),
    ...(strict === 'no' || strict === 'off' || strict === 'accept-new' ? { acceptNewHostKey: true } : {}),
    ...(knownHostsFiles === undefined ? {} : { knownHostsFiles }),
    ...(jumps.length > 0 ? { jumps } : {}),
  };
}

function portOf(written: string | undefined, address: string): number {
  const port = Number(written ?? 22);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new UsageError(`~/.ssh/config: '${written}' is no port (Host ${address}).`);
}

function jumpsOf(
  written: string | undefined,
  login: Login,
  config: SSHConfig,
  behind: readonly string[],
): readonly SshTarget[] {
  if (written === undefined || written.toLowerCase() === 'none') return [];
  const { keyFile } = login;
  return written.split(',').flatMap((hop) => {
    const { jumps = [], ...target } = sshTarget(
      parseHost(hop.trim().replace(/^ssh:\/\//, '')),
      keyFile === undefined ? {} : { keyFile },
      config,
      behind,
    );
    return [...jumps, target];
  });
}

function settingsOf(address: string, config: SSHConfig): Settings {
  const computed = config.compute(address, { ignoreCase: true }) as Record<string, string | string[]>;
  return new Map(Object.entries(computed).map(([key, value]) => [key.toLowerCase(), [value].flat()]));
}

/** The tokens that ssh_config(5) allows in a file's name, as far as they are known before the connection. */
const expandPath = (path: string, host: string, user: string): string =>
  path
    .replace(/^~(?=\/|$)/, homedir())
    .replaceAll('%d', homedir())
    .replaceAll('%u', userInfo().username)
    .replaceAll('%h', host)
    .replaceAll('%r', user);
