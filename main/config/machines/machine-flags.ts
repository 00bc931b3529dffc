import { closest } from '../../../common/text/closest.ts';
import { kinds } from '../../providers/kinds.ts';
import { splitHosts } from '../../providers/ssh/host-range.ts';
import type { ProviderChoice } from '../define.ts';
import type { ConfigMistake } from '../mistakes/mistake.ts';
import { hostsChoice } from './machines.ts';
import { ofKind, own } from './other-kind.ts';

/** What the command line asks of the machines. */
export interface MachineFlags {
  /** `--nodes` */
  readonly hosts?: readonly string[];
  readonly count?: number;
  readonly provider?: string;
  readonly os?: string;
}

/** The flags about machines; what is wrong with them by themselves is told. */
export function readMachineFlags(
  flags: Readonly<Partial<Record<'nodes' | 'count' | 'provider' | 'os', string>>>,
  mistakes: ConfigMistake[],
): MachineFlags {
  const { nodes, count, provider, os } = flags;
  const complain = (source: string, message: string) => mistakes.push({ source, message });
  for (const flag of ['count', 'provider', 'os'] as const) {
    if (nodes !== undefined && flags[flag] !== undefined) {
      complain(`--${flag}`, 'cannot go together with --nodes: the machines are there already');
    }
  }
  if (nodes !== undefined) {
    const hosts = splitHosts(nodes).map((host) => host.trim());
    if (!hosts.includes('')) return { hosts };
    complain('--nodes', `found '${nodes}', expected addresses with commas between: a,b,c`);
  }
  const whole = count === undefined || /^[1-9]\d*$/.test(count);
  if (!whole) complain('--count', `found '${count}', expected a whole number, 1 or more`);
  const known = provider === undefined || Object.hasOwn(kinds, provider);
  if (!known) {
    const near = closest(provider, Object.keys(kinds));
    const meant = near ? `; did you mean '${near}'?` : `, expected one of: ${Object.keys(kinds).join(', ')}`;
    complain('--provider', `found '${provider}'${meant}`);
  }
  return {
    ...(count !== undefined && whole ? { count: Number(count) } : {}),
    ...(provider !== undefined && known ? { provider } : {}),
    ...(os === undefined ? {} : { os }),
  };
}

/** A choice of machines that flags changed, with the paths that they set. */
export interface FlaggedChoice {
  readonly choice: unknown;
  readonly flagged: readonly { readonly path: string; readonly flag: string }[];
  readonly mistakes: readonly ConfigMistake[];
}

/**
 * The config's `nodes` as the flags want them. `defaults` are the main config's `providers`: the options of
 * each kind of machine, for the scenario to be run on that one.
 */
export function withMachineFlags(
  configured: unknown,
  { hosts, provider, os, count }: MachineFlags,
  defaults: Readonly<Record<string, unknown>>,
): FlaggedChoice {
  if (hosts) {
    return {
      choice: hostsChoice(hosts, configured),
      flagged: [{ path: 'nodes', flag: '--nodes' }],
      mistakes: [],
    };
  }
  let choice = configured;
  const flagged: { path: string; flag: string }[] = [];
  const mistakes: ConfigMistake[] = [];
  const apply = (flag: string, path: string, changed: ProviderChoice | string) => {
    if (typeof changed === 'string') mistakes.push({ source: flag, message: changed });
    else choice = changed;
    flagged.push({ path, flag });
  };
  if (provider !== undefined) {
    apply('--provider', 'nodes.provider', ofKind(choice, provider, defaults[provider]));
  }
  if (os !== undefined) apply('--os', 'nodes.options.os', withOs(choice, os));
  if (count !== undefined) apply('--count', 'nodes.options.count', withCount(choice, count));
  return { choice, flagged, mistakes };
}

const notMade = (provider: unknown): string =>
  provider === 'mixed'
    ? 'the machines of this scenario are of several kinds: change them in the config'
    : 'the machines of this scenario exist already: change them with --nodes';

/** `--count` in the provider's options; a text says why not. */
function withCount(choice: unknown, count: number): ProviderChoice | string {
  const { provider, options } = own(choice);
  const counted = typeof own(options).count === 'number';
  if (typeof provider !== 'string' || !(kinds[provider]?.makes || counted)) return notMade(provider);
  const { nodes } = own(options);
  if (nodes !== undefined) {
    const counted = Array.isArray(nodes) ? nodes.findIndex((node) => own(node).count !== undefined) : 0;
    const entry = `--set 'nodes.options.nodes[${Math.max(0, counted)}].count=${count}'`;
    return `the config lists its machines one by one, in nodes: ${provider}({ nodes: […] }); for one of them: ${entry}`;
  }
  return { provider, options: { ...own(options), count } };
}

/** `--os`, for all machines, in the provider's options; a text says why not. */
function withOs(choice: unknown, os: string): ProviderChoice | string {
  const { provider, options } = own(choice);
  if (typeof provider !== 'string' || !kinds[provider]?.makes) return notMade(provider);
  const { nodes, ...rest } = own(options);
  const without = (node: unknown) => {
    const { os: _, ...others } = own(node);
    return others;
  };
  return {
    provider,
    options: { ...rest, os, ...(Array.isArray(nodes) ? { nodes: nodes.map(without) } : {}) },
  };
}
