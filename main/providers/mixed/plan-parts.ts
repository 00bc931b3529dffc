import { UsageError } from '../../../common/errors.ts';
import { kinds } from '../kinds.ts';
import type { Machine, MachinesSpec, Provider } from '../provider.ts';
import { partsSchema } from './mixed-options.ts';

/** A part with the machines that are its own, numbered from 0 as its provider wants them. */
export interface PlannedPart<Spec> {
  readonly provider: Provider;
  readonly spec: Spec;
  /** The id of its first machine in the whole cluster. */
  readonly first: number;
}

/**
 * The parts of a cluster, in their order. Throws UsageError for options that are none and kinds that there
 * are not.
 */
export function planParts<Spec extends Pick<MachinesSpec, 'machines' | 'options'>>(
  spec: Spec,
  named: (provider: string) => Provider,
): readonly PlannedPart<Spec>[] {
  const parsed = partsSchema.safeParse(spec.options);
  if (!parsed.success) throw new UsageError(`mixed: ${parsed.error.issues[0]?.message}`);
  let first = 0;
  return parsed.data.parts.map(({ provider, options }) => {
    const count = kinds[provider]?.wanted(options).length ?? 0;
    const machines = spec.machines.slice(first, first + count).map((machine, id) => ({ ...machine, id }));
    const planned = { provider: named(provider), spec: { ...spec, machines, options }, first };
    first += count;
    return planned;
  });
}

/** A part's machines with the ids that they have in the whole cluster. */
export const renumber = (machines: readonly Machine[], first: number): readonly Machine[] =>
  machines.map((machine) => ({ ...machine, id: machine.id + first }));
