import { userInfo } from 'node:os';
import { UsageError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import { ownKnownHosts, systemKnownHosts } from '../../remotes/login/host-keys.ts';
import type { SshTarget } from '../../remotes/ssh-target.ts';
import type { Login } from '../provider.ts';
import { hostAlgorithms } from './host-algorithms.ts';
import type { HostSettings, ResolveHost } from './host-settings.ts';
import { expandFile, expandTokens, separateFiles } from './host-tokens.ts';
import { type ParsedHost, parseHost } from './parse-host.ts';

/**
 * How to reach a machine: what the flags and the scenario say, else what ssh's configuration
 * says of it, else ssh's own defaults. ProxyJump is followed to its end. Throws UsageError for a
 * port that is none and a circle of jump hosts.
 */
export async function sshTarget(
  host: ParsedHost,
  login: Login,
  resolve: ResolveHost,
  behind: readonly string[] = [],
): Promise<SshTarget> {
  if (behind.includes(host.address)) {
    const circle = [...behind, host.address].join(' -> ');
    throw new UsageError(`~/.ssh/config: ProxyJump goes round in a circle: ${circle}`, {
      hint: `give ${host.address} a Host block of its own, before the others, with 'ProxyJump none'`,
    });
  }
  const user = login.user ?? host.user;
  const { address, port, sshArguments } = host;
  const { settings, notFollowed } = await resolve({ address, user, port, sshArguments });
  const jumps = await jumpsOf(settings.get('proxyjump')?.[0], login, resolve, [...behind, address]);
  const all = [...(host.notFollowed ?? []), ...notFollowed];
  return {
    ...targetFrom(host, login, settings),
    ...(all.length > 0 ? { notFollowed: all } : {}),
    ...(jumps.length > 0 ? { jumps } : {}),
  };
}

/**
 * A machine without its jump hosts, by the settings that are known of it.
 * Throws UsageError for a port that is none.
 */
export function targetFrom(host: ParsedHost, login: Login, settings: HostSettings): SshTarget {
  const one = (key: string) => settings.get(key)?.[0];
  const says = (key: string, ...values: readonly string[]) => values.includes(one(key)?.toLowerCase() ?? '');
  const hostname = one('hostname')?.replaceAll('%h', host.address) ?? host.address;
  const user = login.user ?? host.user ?? one('user') ?? userInfo().username;
  const port = host.port ?? portOf(one('port'), host.address);
  const tokens = { host: hostname, port, user, written: host.address };
  const hostKeyAlias = one('hostkeyalias');
  const all = { ...tokens, alias: hostKeyAlias, jump: one('proxyjump') };
  const file = (text: string) => expandFile(text, all);
  const files = (key: string) => (settings.get(key) ?? []).filter((each) => !isNone(each)).map(file);
  const agent = one('identityagent');
  const proxy = one('proxycommand');
  const revoked = one('revokedhostkeys');
  return {
    host: hostname,
    port,
    user,
    ...present({
      keyFile: login.keyFile ?? (host.key === undefined ? undefined : file(host.key)),
      identityFiles: orNone(files('identityfile')),
      identitiesOnly: says('identitiesonly', 'yes') || undefined,
      identityAgent: agent === undefined || agent === 'SSH_AUTH_SOCK' ? undefined : file(agent),
      certificateFiles: orNone(files('certificatefile')),
      keyAlgorithms: listOf(one('pubkeyacceptedalgorithms') ?? one('pubkeyacceptedkeytypes')),
      hostKeyAlias,
      acceptNewHostKey: says('stricthostkeychecking', 'no', 'off', 'false', 'accept-new') || undefined,
      acceptChangedHostKey: says('stricthostkeychecking', 'no', 'off', 'false') || undefined,
      acceptAnyOnLoopback: says('nohostauthenticationforlocalhost', 'yes', 'true') || undefined,
      hashKnownHosts: says('hashknownhosts', 'yes', 'true') || undefined,
      revokedHostKeys: revoked === undefined || isNone(revoked) ? undefined : file(revoked),
      knownHostsFiles: knownHostsFiles(settings, file),
      proxyCommand: proxy === undefined || isNone(proxy) ? undefined : expandTokens(proxy, all),
      addressFamily: families[one('addressfamily')?.toLowerCase() ?? ''],
      bindAddress: one('bindaddress'),
      bindInterface: one('bindinterface'),
      connectTimeout: Number(one('connecttimeout')) || undefined,
      algorithms: hostAlgorithms(settings, host.address),
      setEnv: assignments(settings.get('setenv')),
      sendEnv: settings.get('sendenv')?.flatMap((written) => written.split(/\s+/)),
    }),
  };
}

/** Those of the user's and of the system's together, as ssh asks them. */
function knownHostsFiles(
  settings: HostSettings,
  expand: (text: string) => string,
): readonly string[] | undefined {
  const [own, system] = ['userknownhostsfile', 'globalknownhostsfile'].map((key) => settings.get(key)?.[0]);
  if (own === undefined && system === undefined) return undefined;
  // What is recorded goes into the first.
  const named = (printed: string) => (isNone(printed) ? ['/dev/null'] : separateFiles(printed).map(expand));
  return [
    ...(own === undefined ? ownKnownHosts() : named(own)),
    ...(system === undefined ? systemKnownHosts : named(system)),
  ];
}

/** `NAME=value` of SetEnv. */
function assignments(written: readonly string[] = []): Readonly<Record<string, string>> | undefined {
  const pairs = written.flatMap((text) => {
    const [, name, value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    return name === undefined ? [] : [[name, value]];
  });
  return pairs.length > 0 ? Object.fromEntries(pairs) : undefined;
}

/** Undefined also for what changes a default list that we do not know: it does not come from ssh itself. */
const listOf = (written: string | undefined): readonly string[] | undefined =>
  written === undefined || /^[-+^]/.test(written) ? undefined : written.split(',');

const families: Readonly<Record<string, 4 | 6>> = { inet: 4, inet6: 6 };
const isNone = (value: string): boolean => value.toLowerCase() === 'none';
const orNone = (values: readonly string[]) => (values.length > 0 ? values : undefined);

function portOf(written: string | undefined, address: string): number {
  const port = Number(written ?? 22);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new UsageError(`~/.ssh/config: '${written}' is no port (Host ${address}).`);
}

async function jumpsOf(
  written: string | undefined,
  login: Login,
  resolve: ResolveHost,
  behind: readonly string[],
): Promise<readonly SshTarget[]> {
  if (written === undefined || isNone(written)) return [];
  const hops = await Promise.all(
    written.split(',').map(async (hop) => {
      const host = parseHost(hop.trim().replace(/^ssh:\/\//, ''));
      const own = present({ keyFile: login.keyFile });
      const { jumps = [], ...target } = await sshTarget(host, own, resolve, behind);
      return [...jumps, target];
    }),
  );
  return hops.flat();
}
