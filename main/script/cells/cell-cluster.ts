import { ShakedownError } from '../../../common/errors.ts';
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
    { of: open.name, shares: [], rebuild },
    open.work,
  );
}
