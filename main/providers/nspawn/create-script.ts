import { type ClusterPlan, identityColumns } from '../host/cluster-plan.ts';
import type { ClusterState } from '../host/cluster-state.ts';
import { hostLock } from '../host/host-lock.ts';
import { hostNumber } from '../host/machine-at.ts';
import { columns, shellFile } from '../host/shell-file.ts';
import { limitColumns, networkValues, watchValues } from '../host/shell-values.ts';
import type { Share } from '../provider.ts';
import type { ContainerPlan } from './container-plan.ts';
import { clusterNames } from './names.ts';

export interface CreatePlan extends ClusterPlan {
  /** The links to the base trees; each container has the index of its own. */
  readonly trees: readonly string[];
  /** The links to the layers that containers start from. */
  readonly layers?: readonly string[];
  /** What they write is never written through, and their disks are not limited. */
  readonly volatile?: boolean;
  /** The contents of state.json. */
  readonly state: ClusterState;
  readonly containers: readonly ContainerPlan[];
  readonly shares: readonly Share[];
  /** Whether nodes get out of the cluster's own network. */
  readonly internet: boolean;
}

/** The script that makes a whole cluster: `make-cluster.sh`, which says what it prints. */
export function createScript(plan: CreatePlan): string {
  const { cluster, trees, layers = [], subnets, containers, resolver, shares, internet } = plan;
  const { volatile = false } = plan;
  const { directory, bridge, table, cgroup } = clusterNames(cluster);
  const nodes = containers.map(({ id, name }) => ({ name, host: hostNumber(id) }));
  return shellFile(import.meta.dirname, 'make-cluster.sh', {
    id: cluster,
    dir: directory,
    cgroup,
    lock_file: hostLock,
    state: JSON.stringify(plan.state),
    user: plan.user,
    public_key: plan.publicKey,
    share_sources: shares.map(({ source }) => source),
    binds: shares.map(bindFlag),
    trees,
    tree_links: trees.map((_tree, index) => treeLink(index)),
    layers,
    layer_links: layers.map((_layer, index) => layerLink(index)),
    volatile,
    start_program: shellFile(import.meta.dirname, 'start-node.sh'),
    ...networkValues({ bridge, table, subnets, resolver, internet, nodes }),
    ...watchValues(plan.state.owner),
    ...columns(containers, {
      ...identityColumns,
      node_trees: ({ tree }) => treeLink(tree),
      node_layers: ({ layer }) => (layer === undefined ? undefined : layerLink(layer)),
      disk_limits: ({ disk }) => (volatile ? undefined : disk),
      ...limitColumns,
    }),
  });
}

/** The name of a link in the cluster's folder, which others look for as `tree*`. */
const treeLink = (index: number): string => `tree${index || ''}`;

/** The same, looked for as `layer*`. */
const layerLink = (index: number): string => `layer${index || ''}`;

/** Colons separate paths from one another and from options (systemd-nspawn(1), `--bind`). */
export function bindFlag({ source, target }: Share): string {
  const path = (text: string) => text.replaceAll('\\', '\\\\').replaceAll(':', '\\:');
  return `--bind-ro=${path(source)}:${path(target)}`;
}
