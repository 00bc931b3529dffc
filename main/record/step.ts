import type { PhaseName } from '../../common/results.ts';

/** A machine, as far as a record names it. */
export interface NodeAddress {
  readonly id: number;
  readonly address: string;
}

/** Takes one step: times it, tells of it, and gives what it throws the phase and the node. */
export type Step = <T>(phase: PhaseName, action: () => Promise<T>, node?: NodeAddress) => Promise<T>;
