import type { RunContext } from '../../context/run-context.ts';
import type { ListedCluster } from '../provider.ts';
import { listed } from './cluster-state.ts';
import { entries, namesOnHost } from './names-on-host.ts';

/** How the clusters of a kind are found on this main host. */
export interface Traces {
  /** The folder that has one for each cluster. */
  readonly root: string;
  /** The cgroup that all of them lie in, below each hierarchy. */
  readonly cgroup: string;
  /** The id of the cluster that a name is made of; undefined for names of others. */
  readonly clusterOf: (name: string) => string | undefined;
  /** Names besides those of folders, links, nft tables and cgroups. */
  readonly more?: () => Promise<readonly string[]>;
}

/**
 * All clusters of a kind: those with a state, and those of which only stray things are left. `signal` ends
 * the look at the nft tables.
 */
export async function listClusters(
  { root, cgroup, clusterOf, more = async () => [] }: Traces,
  { signal }: Pick<RunContext, 'signal'>,
): Promise<readonly ListedCluster[]> {
  const names = await Promise.all([entries(root), more(), namesOnHost(cgroup, signal)]);
  const ids = new Set(names.flat().flatMap((name) => clusterOf(name) ?? []));
  return Promise.all([...ids].map((id) => listed(id, root)));
}
