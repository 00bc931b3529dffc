import { borrowedNodeUndo } from '../../ledger/borrowed-node-undo.ts';
import { clusterUndo } from '../../ledger/cluster-undo.ts';
import { canKeep } from '../../providers/capabilities.ts';
import type { Cluster, Provider } from '../../providers/provider.ts';
import type { OpenRun } from '../open-run.ts';

/** Whether machines can stay when their run is over. */
export const canStay = (cluster: Cluster, provider: Provider): boolean =>
  cluster.borrowed || canKeep(provider);

/** The kinds of entries that keeping machines takes out of the ledger. */
const stays: readonly string[] = [clusterUndo.kind, borrowedNodeUndo.kind];

/**
 * Keeps the machines of these clusters when the run is over. `remember` puts them down in `cluster.json`:
 * after that, and not before, they are no longer in the ledger.
 */
export async function keepMachines(
  clusters: readonly Cluster[],
  remember: () => Promise<void>,
  provider: (name: string) => Promise<Provider>,
  open: OpenRun,
): Promise<void> {
  for (const cluster of clusters) {
    const owner = await provider(cluster.provider);
    if (canKeep(owner)) await owner.keep(cluster);
  }
  await remember();
  const ids = clusters.map(({ id }) => id);
  for (const { kind, id } of open.ledger.openEntries()) {
    const [cluster = ''] = id.split('/');
    if (stays.includes(kind) && ids.includes(cluster)) await open.ledger.remove(id);
  }
  if (ids[0] !== undefined) open.tellKept(ids[0]);
}
