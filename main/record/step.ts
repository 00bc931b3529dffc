import { asShakedownError, InterruptedError, UsageError } from '../../common/errors.ts';
import { present } from '../../common/present.ts';
import type { PhaseName } from '../../common/results.ts';

/** A machine, as far as a record names it. */
export interface NodeAddress {
  readonly id: number;
  readonly address: string;
}

/** Takes one step: times it, tells of it, and gives what it throws the phase and the node. */
export type Step = <T>(phase: PhaseName, action: () => Promise<T>, node?: NodeAddress) => Promise<T>;

/** What a step threw, with its phase and node; a mistake of the user's and an interrupt are of no node. */
export function located(error: unknown, phase: PhaseName, machine: NodeAddress | undefined) {
  if (error instanceof UsageError || error instanceof InterruptedError) return error;
  const where = present({ node: machine?.id, address: machine?.address });
  return asShakedownError(error, { phase, ...where });
}
