import { homedir, userInfo } from 'node:os';
import { UsageError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import type { SshTarget } from '../../remotes/ssh-target.ts';
import type { Login } from '../provider.ts';
import type { HostSettings, ResolveHost } from './host-settings.ts';
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
  const settings = await resolve({ address: host.address, user, port: host.port });
  const written = host.jump ?? settings.get('proxyjump')?.[0];
  const jumps = await jumpsOf(written, login, resolve, [...behind, host.address]);
  const { proxyCommand, ...target } = targetFrom(host, login, settings);
  if (jumps.length > 0) return { ...target, jumps };
  // A jump host that was named for this machine counts instead of what the configuration says.
  return host.jump === undefined ? { ...target, ...present({ proxyCommand }) } : target;
}

/**
 * A machine without its jump hosts, by the settings that are known of it.
 * Throws UsageError for a port that is none.
 */
export function targetFrom(host: ParsedHost, login: Login, settings: HostSettings): SshTarget {
  const one = (key: string) => settings.get(key)?.[0];
  const hostname = one('hostname')?.replaceAll('%h', host.address) ?? host.address;
  const user = login.user ?? host.user ?? one('user') ?? userInfo().username;
  const port = host.port ?? portOf(one('port'), host.address);
  const tokens = { host: hostname, port, user, written: host.address };
  const expand = (text: string) => expandTokens(text, tokens);
  const files = (key: string) => (settings.get(key) ?? []).filter((file) => !isNone(file)).map(expand);
  const strict = one('stricthostkeychecking')?.toLowerCase() ?? '';
  const agent = one('identityagent');
  const proxy = one('proxycommand');
  return {
    host: hostname,
    port,
    user,
    ...present({
      keyFile: login.keyFile ?? (host.key === undefined ? undefined : expand(host.key)),
      identityFiles: orNone(files('identityfile')),
      identitiesOnly: one('identitiesonly') === 'yes' || undefined,
      identityAgent: agent === undefined || agent === 'SSH_AUTH_SOCK' ? undefined : expand(agent),
      certificateFiles: orNone(files('certificatefile')),
      hostKeyAlias: one('hostkeyalias'),
      acceptNewHostKey: ['no', 'off', 'false', 'accept-new'].includes(strict) || undefined,
      knownHostsFiles: settings
        .get('userknownhostsfile')
        ?.flatMap((written) => written.split(/\s+/).map(expand)),
      proxyCommand: proxy === undefined || isNone(proxy) ? undefined : expand(proxy),
    }),
  };
}

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

interface Tokens {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** As it was written, before HostName. */
  readonly written: string;
}

/**
 * The tokens of ssh_config(5), as far as they are known before the connection;
 * `~/` at the beginning is the home folder.
 */
function expandTokens(text: string, { host, port, user, written }: Tokens): string {
  const values: Readonly<Record<string, string>> = {
    '%': '%',
    d: homedir(),
    h: host,
    n: written,
    p: String(port),
    r: user,
    u: userInfo().username,
  };
  return text
    .replace(/^~(?=\/|$)/, homedir())
    .replace(/%(.)/g, (token, letter: string) => values[letter] ?? token);
}
