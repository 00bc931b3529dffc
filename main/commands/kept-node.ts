import { UsageError } from '../../common/errors.ts';
import type { Machine } from '../providers/provider.ts';
import { type KeptCluster, readKeptCluster } from '../store/kept-cluster.ts';

/** The machines of the current folder. UsageError that says how to get some when there are none. */
export async function keptMachines(cwd: string): Promise<KeptCluster> {
  const kept = await readKeptCluster(cwd);
  if (kept) return kept;
  throw new UsageError('There are no machines here: none were kept, and no run is under way.', {
    hint: 'shakedown nodes up, or shakedown run --keep',
  });
}

/** One of them, by its id or name. */
export async function keptMachine(cwd: string, wanted: string | undefined): Promise<Machine> {
  const { machines } = (await keptMachines(cwd)).cluster;
  const found = machines.find((machine) => String(machine.id) === wanted || machine.name === wanted);
  if (found) return found;
  const names = machines.map((machine) => `${machine.id} (${machine.name})`).join(', ');
  throw new UsageError(
    wanted === undefined ? `Which node? ${names}` : `There is no node '${wanted}'; there are: ${names}.`,
  );
}
