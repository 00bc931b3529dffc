import { listed } from '../host/cluster-state.ts';
import { entries, namesOnHost } from '../host/names-on-host.ts';
import type { ListedCluster } from '../provider.ts';
import { clusterOf, stateRoot } from './names.ts';

/**
 * All clusters of this main host: those with a state, and those of which only stray things are left (links, cgroups,
 * nft tables). `signal` ends the look at the tables.
 */
export async function listClusters(signal: AbortSignal): Promise<readonly ListedCluster[]> {
  const root = stateRoot();
  const names = await Promise.all([entries(root), namesOnHost('shakedown-qemu', signal)]);
  const ids = new Set(names.flat().flatMap((name) => clusterOf(name) ?? []));
  return Promise.all([...ids].map((id) => listed(id, root)));
}
