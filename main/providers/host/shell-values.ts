import { join } from 'node:path';
import type { ProcessIdentity } from '../../../common/processes/process-identity.ts';
import type { Resolver } from './resolver.ts';
import { type ShellValues, shellFile } from './shell-file.ts';

/** The folder of the shell that several kinds of machine share. */
const shared = join(import.meta.dirname, 'shell');

export interface NetworkPlan {
  readonly bridge: string;
  /** The name of the nft table, which begins with `shakedown_`. */
  readonly table: string;
  /** Subnets to choose from, as `10.101.7`: the first one that no route uses. */
  readonly subnets: readonly string[];
  readonly resolver: Resolver;
  /** Whether nodes get out of the cluster's own network. */
  readonly internet: boolean;
  /** `host` is the last number of the node's address. */
  readonly nodes: readonly { readonly name: string; readonly host: number }[];
}

/** What `make-network.sh` is told. Nodes that do not get out have no resolver. */
export function networkValues(plan: NetworkPlan) {
  const { bridge, table, subnets, internet, nodes } = plan;
  const resolver: Resolver = internet ? plan.resolver : { servers: [], rest: [] };
  return {
    bridge,
    table,
    subnets,
    internet,
    loopback_resolver: resolver.loopback,
    name_servers: resolver.servers,
    resolver_lines: resolver.rest,
    node_names: nodes.map(({ name }) => name),
    node_hosts: nodes.map(({ host }) => host),
  } satisfies ShellValues;
}

/** What `start-watch.sh` is told of the process whose machines end with it. */
export const watchValues = ({ pid, startTime }: ProcessIdentity) =>
  ({
    watch_program: shellFile(shared, 'watch.sh'),
    maker_pid: pid,
    maker_start: startTime ?? 0,
  }) satisfies ShellValues;

export interface Limits {
  /** Bytes. */
  readonly memory?: number;
  readonly cpus?: number;
  /** How many processes. */
  readonly pids?: number;
}

/** Columns of what `limit_group` (cgroups.sh) is told; a core is 100 ms in each 100 ms. */
export const limitColumns = {
  memory_limits: ({ memory }: Limits) => memory,
  cpu_limits: ({ cpus }: Limits) => (cpus === undefined ? undefined : Math.round(cpus * 100_000)),
  process_limits: ({ pids }: Limits) => pids,
} as const;

/** The script that marks the cluster of that folder as kept. */
export const markKeptScript = (directory: string): string =>
  shellFile(shared, 'mark-kept.sh', { dir: directory });
