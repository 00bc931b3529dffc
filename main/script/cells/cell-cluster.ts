import { mustWork } from '../../providers/must-work.ts';
import type { Cluster, Provider } from '../../providers/provider.ts';
import { makeMachines, newClusterId } from '../../run/machines/make-machines.ts';
import type { CellContext } from './cell-context.ts';
import type { Cell } from './machine-cells.ts';

/** Makes a cell's machines. Throws as the provider does, and ShakedownError when that does not work here. */
export async function spawnCluster(
  cell: Cell,
  provider: Provider,
  { open, login, rebuild }: CellContext,
): Promise<Cluster> {
  await mustWork(provider, open.work);
  const { machines, options } = cell;
  return makeMachines(
    newClusterId(),
    { machines, options, login },
    provider,
    { of: open.name, shares: [], rebuild },
    open.work,
  );
}
