import { borrowedNodeEntry } from '../ledger/borrowed-node-undo.ts';
import type { ClusterEntry } from '../ledger/cluster-undo.ts';
import { borrowedMachines } from '../providers/provider.ts';
import { type KeptCluster, readKeptCluster, removeKeptCluster } from '../store/kept-cluster.ts';
import { undo } from './ledger/undo.ts';
import { type Reaping, undoWorld } from './undo-world.ts';

/** Destroys the machines that this folder keeps, or gives borrowed ones back. Gives a sentence if there were any. */
export async function takeDownKept(directory: string, world: Reaping): Promise<readonly string[]> {
  const kept = await readKeptCluster(directory);
  if (!kept) return [];
  const { cluster, others = [] } = kept;
  // What is kept is in no ledger: `cluster.json` is what remembers it.
  const inNone = { remove: async () => undefined };
  for (const entry of entriesOf(kept)) await undo(entry, inNone, undoWorld(world));
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

function entriesOf({ cluster, others = [], workingDirs }: KeptCluster) {
  const nodes = borrowedMachines(cluster).flatMap((machine) => {
    const workingDir = workingDirs[machine.id];
    return workingDir === undefined ? [] : [borrowedNodeEntry(cluster.id, machine, workingDir)];
  });
  const clusters = [cluster, ...others].map(
    ({ id, provider, state }): ClusterEntry => ({ kind: 'cluster', id, provider, state }),
  );
  return [...nodes, ...clusters];
}
