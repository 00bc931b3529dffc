import type { Cluster } from '../../providers/provider.ts';
import { changeKeptCluster, removeKeptCluster } from '../../store/kept-cluster.ts';
import type { Connections } from '../connections.ts';
import { undoWorldIn } from '../ledger/undo-world-in.ts';
import type { OpenRun } from '../open-run.ts';
import type { RunRequest } from '../run-request.ts';
import type { World } from '../world/world.ts';
import { canStay, keepMachines } from './keep-machines.ts';
import { asToFinish, takeAway } from './take-away.ts';

/** Whether a run's machines are to stay, by what has come of it so far. Throws as the provider does. */
export async function willStay(
  cluster: Cluster,
  { keep }: Pick<RunRequest, 'keep'>,
  { provider }: Pick<World, 'provider'>,
  { recorder }: Pick<OpenRun, 'recorder'>,
): Promise<boolean> {
  const wanted = keep === 'always' || (keep === 'on-failure' && recorder.exitCode !== 0);
  return wanted && canStay(cluster, await provider(cluster.provider));
}

/**
 * The end of a run's machines: they are kept where that is asked; else what the ledger has is
 * undone: made machines are destroyed, borrowed ones given back. Throws ShakedownError that
 * says how to finish what could not be done.
 */
export async function keepOrUndo(
  cluster: Cluster,
  request: Pick<RunRequest, 'keep'>,
  connections: Connections,
  world: World,
  open: OpenRun,
): Promise<void> {
  const { directory, provider } = world;
  try {
    if (await willStay(cluster, request, world, open)) {
      const remember = () => changeKeptCluster(directory, { kept: true, run: open.store.id });
      return await keepMachines([cluster], remember, provider, open);
    }
  } catch (error) {
    throw asToFinish(error);
  }
  const later = open.ledger.openEntries().filter(({ id }) => id !== cluster.id);
  await takeAway(cluster, later, undoWorldIn(world, connections, open), open);
  await removeKeptCluster(directory);
}
