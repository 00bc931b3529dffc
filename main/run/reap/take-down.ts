import { borrowedNodeEntry } from '../../ledger/borrowed-node-undo.ts';
import type { ClusterEntry } from '../../ledger/cluster-undo.ts';
import { isFaultOf } from '../../ledger/fault-undo.ts';
import { borrowedMachines } from '../../providers/provider.ts';
import { type OpenLedger, openLedgers } from '../../store/file-ledger.ts';
import { type KeptCluster, readKeptCluster, removeKeptCluster } from '../../store/kept-cluster.ts';
import { undoAll } from '../ledger/undo.ts';
import { type Reaping, undoWorld } from '../ledger/undo-world.ts';

/**
 * Destroys the machines that this folder keeps, or gives borrowed ones back, healed of what runs left on them
 * that were killed. Gives a sentence if there were any. Throws the first failure when all has been tried.
 */
export async function takeDownKept(directory: string, world: Reaping): Promise<readonly string[]> {
  const kept = await readKeptCluster(directory);
  if (!kept) return [];
  const { cluster, others = [] } = kept;
  const ledgers = (await openLedgers(directory)).filter(({ ownerAlive }) => !ownerAlive);
  const faults = ledgers.flatMap(({ entries }) => entries.filter((entry) => isFaultOf(cluster.id, entry)));
  const undoings = await undoAll([...entriesOf(kept), ...faults], together(ledgers), undoWorld(world));
  for (const { result } of undoings) if (typeof result === 'object') throw result;
  await removeKeptCluster(directory);
  const borrowed = borrowedMachines(cluster).length;
  const made = cluster.machines.length - borrowed;
  const done = [
    made > 0 ? `destroyed the ${made}` : '',
    borrowed > 0 ? `gave back the ${borrowed}` : '',
  ].filter(Boolean);
  const kinds = new Set([cluster, ...others].map(({ provider }) => provider));
  return [`${done.join(' and ')} ${[...kinds].join(' and ')} machines that run ${kept.run} kept`];
}

/**
 * What is kept is in no ledger: `cluster.json` is what remembers it. What was
 * done to it since may be in some.
 */
const together = (ledgers: readonly OpenLedger[]) => ({
  remove: async (id: string) => {
    for (const ledger of ledgers)
      if (ledger.entries.some((entry) => entry.id === id)) await ledger.remove(id);
  },
});

function entriesOf({ cluster, others = [], workingDirs }: KeptCluster) {
  const clusters = [cluster, ...others].map(
    ({ id, provider, state }): ClusterEntry => ({ kind: 'cluster', id, provider, state }),
  );
  const nodes = borrowedMachines(cluster).flatMap((machine) => {
    const workingDir = workingDirs[machine.id];
    return workingDir === undefined ? [] : [borrowedNodeEntry(cluster.id, machine, workingDir)];
  });
  return [...clusters, ...nodes];
}
