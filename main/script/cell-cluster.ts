import { asShakedownError, ShakedownError } from '../../common/errors.ts';
import type { OpenRun } from '../open-run.ts';
import { destroyWithin, makeMachines, newClusterId } from '../phases/machines.ts';
import type { Cluster, Provider } from '../providers/provider.ts';
import type { Cell } from './machine-cells.ts';
import type { CellContext } from './run-cell.ts';

/** Makes a cell's machines. Throws as the provider does, and ShakedownError when that does not work here. */
export async function spawnCluster(
  cell: Cell,
  provider: Provider,
  { open, login, rebuild }: CellContext,
): Promise<Cluster> {
  const { ok, reason, missingPackages = [] } = await provider.probe(open.work);
  if (!ok) {
    const hint = missingPackages.length > 0 ? { hint: `apt-get install ${missingPackages.join(' ')}` } : {};
    throw new ShakedownError({ message: `${provider.name} does not work here: ${reason}`, ...hint });
  }
  const { machines, options } = cell;
  return makeMachines(
    newClusterId(),
    { machines, options, login },
    provider,
    { shares: [], rebuild },
    open.work,
  );
}

/** Takes them away; what hinders that is a failure of the run, with how to go on. */
export async function destroyCluster(
  cluster: Cluster,
  provider: Provider,
  { recorder, evidence }: OpenRun,
): Promise<void> {
  const signal = AbortSignal.timeout(destroyWithin);
  try {
    await recorder.step('destroy', () => provider.destroy(cluster, { signal, log: evidence.log }));
    await evidence.ledger.remove(cluster.id);
  } catch (error) {
    const known = asShakedownError(error, { phase: 'destroy' });
    recorder.fail(known.with({ hint: "finish the clean-up with 'shakedown reap'" }));
  }
}
