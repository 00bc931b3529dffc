import { asShakedownError } from '../../common/errors.ts';
import type { OpenRun } from '../open-run.ts';
import { canKeep } from '../providers/capabilities.ts';
import type { Cluster, Provider } from '../providers/provider.ts';
import { writeKeptCluster } from '../store/kept-cluster.ts';
import type { CellEnd } from './run-cell.ts';

interface Keeping {
  readonly directory: string;
  readonly run: string;
  readonly open: OpenRun;
  readonly world: { readonly provider: (name: string) => Promise<Provider> };
}

/** Makes the machines of what is to be kept those of the folder, for `shakedown shell`, `exec` and `down`. */
export async function keepClusters(ends: readonly CellEnd[], keeping: Keeping): Promise<void> {
  const { directory, run, open, world } = keeping;
  const kept = ends.flatMap(({ kept: cluster, cell }) =>
    cluster ? [{ ...renumbered(cluster, cell.first), first: cell.first }] : [],
  );
  const [first, ...more] = kept;
  if (!first) return;
  try {
    for (const cluster of kept) {
      const provider = await world.provider(cluster.provider);
      if (canKeep(provider)) await provider.keep(cluster);
    }
    const { first: number, ...own } = first;
    const cluster = { ...own, machines: kept.flatMap(({ machines }) => machines) };
    const others = more.map(({ machines, ...other }) => other);
    const facts = { scenario: directory, flags: {}, run, workingDirs: [], kept: true, first: number };
    await writeKeptCluster(directory, { ...facts, cluster, ...(others.length > 0 ? { others } : {}) });
    for (const { id } of kept) await open.evidence.ledger.remove(id);
  } catch (error) {
    open.recorder.fail(
      asShakedownError(error).with({ hint: "take the machines away with 'shakedown reap'" }),
    );
  }
}

/** Machines have the numbers of the run, in which each is there once. */
const renumbered = (cluster: Cluster, first: number): Cluster => ({
  ...cluster,
  machines: cluster.machines.map((machine) => ({ ...machine, id: machine.id + first })),
});
