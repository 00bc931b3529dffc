import { ShakedownError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import type { MachineOf } from '../capabilities.ts';
import type { Cluster, Machine } from '../provider.ts';
import type { Introduced } from './introduce.ts';

/** What a part's own provider needs to find its machines again. */
export interface PartState {
  readonly provider: string;
  /** How many machines it has; in the whole cluster the parts' machines follow one another. */
  readonly machines: number;
  readonly state?: unknown;
  /** What its machines were told of those of other parts. */
  readonly introduced?: readonly Introduced[];
}

/** The state of a mixed cluster of these parts, whose machines have their numbers in the whole. */
export const partStates = (
  clusters: readonly Cluster[],
  parts: readonly (readonly Machine[])[],
  introduced: readonly Introduced[],
): readonly PartState[] =>
  clusters.map(({ provider, state }, index) => {
    const machines = parts[index] ?? [];
    return {
      provider,
      machines: machines.length,
      introduced: introduced.filter(({ machine }) => machines.some(({ id }) => id === machine.id)),
      ...present({ state }),
    };
  });

/** A mixed cluster's state; undefined where only the cluster's id is known. */
export const partsOf = (state: unknown): readonly PartState[] | undefined =>
  Array.isArray(state) ? (state as readonly PartState[]) : undefined;

/** A part as its own provider knows it: a cluster with the id of the whole. */
export const clusterOf = (
  id: string,
  { state }: Pick<PartState, 'state'>,
): Pick<Cluster, 'id' | 'state'> => ({ id, ...present({ state }) });

/**
 * The part that has the machine, and the machine as the part knows it. Throws ShakedownError when none has.
 */
export function partWith({ cluster, machine }: MachineOf): {
  readonly provider: string;
  readonly which: MachineOf;
  readonly introduced: Introduced | undefined;
} {
  let first = 0;
  for (const part of partsOf(cluster.state) ?? []) {
    if (machine >= first && machine < first + part.machines) {
      return {
        provider: part.provider,
        which: { cluster: clusterOf(cluster.id, part), machine: machine - first },
        introduced: part.introduced?.find((each) => each.machine.id === machine),
      };
    }
    first += part.machines;
  }
  throw new ShakedownError({
    message: `no part of the mixed cluster ${cluster.id} is known to have node ${machine}`,
    hint: 'shakedown down, then run again: an earlier version of shakedown may have made it',
  });
}
