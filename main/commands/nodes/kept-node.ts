import { UsageError } from '../../../common/errors.ts';
import type { MachineOf } from '../../providers/capabilities.ts';
import type { Machine } from '../../providers/provider.ts';
import { type KeptCluster, readKeptCluster } from '../../store/kept-cluster.ts';

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
  return machineNamed((await keptMachines(cwd)).cluster.machines, wanted);
}

/**
 * Several machines: `all`, or ids and names with commas between them, each once and in their order. Undefined
 * for what names one.
 */
export function severalNamed(
  machines: readonly Machine[],
  wanted: string | undefined,
): readonly Machine[] | undefined {
  if (machines.some(({ name }) => name === wanted)) return undefined;
  if (wanted === 'all') return machines;
  if (!wanted?.includes(',')) return undefined;
  const named = new Set(wanted.split(',').map((name) => machineNamed(machines, name.trim())));
  return machines.filter((machine) => named.has(machine));
}

/** The machine of that id or name. UsageError that lists them when there is none, or none is wanted. */
export function machineNamed(machines: readonly Machine[], wanted: string | undefined): Machine {
  const found = machines.find((machine) => String(machine.id) === wanted || machine.name === wanted);
  if (found) return found;
  const names = machines.map((machine) => `${machine.id} (${machine.name})`).join(', ');
  throw new UsageError(
    wanted === undefined ? `Which node? ${names}` : `There is no node '${wanted}'; there are: ${names}.`,
  );
}

/**
 * The cluster that a kept machine is of, and the machine's id there: a script keeps several clusters as one.
 */
export function clusterWith(
  { cluster, others = [], first = 0 }: KeptCluster,
  { id }: Machine,
): { readonly provider: string; readonly which: MachineOf } {
  const clusters = [{ ...cluster, first }, ...others.map((other) => ({ first: 0, ...other }))];
  const own = clusters.toSorted((a, b) => b.first - a.first).find((each) => each.first <= id) ?? {
    ...cluster,
    first,
  };
  return { provider: own.provider, which: { cluster: own, machine: id - own.first } };
}
