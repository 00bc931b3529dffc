import { present } from '../../../common/present.ts';
import type { Cluster } from '../../providers/provider.ts';
import type { Reaping } from '../../run/ledger/undo-world.ts';
import { keepMachines } from '../../run/machines/keep-machines.ts';
import { asToFinish } from '../../run/machines/take-away.ts';
import type { OpenRun } from '../../run/open-run.ts';
import { writeKeptCluster } from '../../store/kept-cluster.ts';
import type { CellEnd } from './run-cell.ts';

/** Makes the machines of what is to be kept those of the folder, for `shakedown shell`, `exec` and `down`. */
export async function keepClusters(
  ends: readonly CellEnd[],
  { provider, directory }: Pick<Reaping, 'provider'> & { readonly directory: string },
  open: OpenRun,
): Promise<void> {
  const kept = ends.flatMap(({ kept: cluster, cell }) =>
    cluster ? [{ ...renumbered(cluster, cell.first), first: cell.first }] : [],
  );
  const [first, ...more] = kept;
  if (!first) return;
  const remember = () => {
    const { first: number, ...own } = first;
    const cluster = { ...own, machines: kept.flatMap(({ machines }) => machines) };
    const others = more.map(({ machines, ...other }) => other);
    const facts = { scenario: directory, flags: {}, run: open.store.id, workingDirs: [], kept: true };
    const several = present({ others: others.length > 0 ? others : undefined });
    return writeKeptCluster(directory, { ...facts, cluster, first: number, ...several });
  };
  await keepMachines(kept, remember, provider, open).catch((error) => open.recorder.fail(asToFinish(error)));
}

/** Machines have the numbers of the run, in which each is there once. */
const renumbered = (cluster: Cluster, first: number): Cluster => ({
  ...cluster,
  machines: cluster.machines.map((machine) => ({ ...machine, id: machine.id + first })),
});
