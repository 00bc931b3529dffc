import { ShakedownError } from '../../../common/errors.ts';
import type { Cluster, MachineOf } from '../provider.ts';

/** What a part's own provider needs to find its machines again. */
export interface PartState {
  readonly provider: string;
  /** How many machines it has; in the whole cluster the parts' machines follow one another. */
  readonly machines: number;
  readonly state?: unknown;
}

/** A mixed cluster's state; undefined where only the cluster's id is known. */
export const partsOf = (state: unknown): readonly PartState[] | undefined =>
  Array.isArray(state) ? (state as readonly PartState[]) : undefined;

/** A part as its own provider knows it: a cluster with the id of the whole. */
export const clusterOf = (
  id: string,
  { state }: Pick<PartState, 'state'>,
): Pick<Cluster, 'id' | 'state'> => ({
  id,
  ...(state === undefined ? {} : { state }),
});

/** The part that has the machine, and the machine's id within it. Throws ShakedownError when none has. */
export function partWith({ cluster, machine }: MachineOf): { provider: string; which: MachineOf } {
  let first = 0;
  for (const part of partsOf(cluster.state) ?? []) {
    if (machine >= first && machine < first + part.machines) {
      return {
        provider: part.provider,
        which: { cluster: clusterOf(cluster.id, part), machine: machine - first },
      };
    }
    first += part.machines;
  }
  throw new ShakedownError({
    message: `no part of the mixed cluster ${cluster.id} is known to have node ${machine}`,
    hint: 'shakedown down, then run again: an earlier version of shakedown may have made it',
  });
}
