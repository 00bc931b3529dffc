import type { Repetition } from '../hand-out/attempts.ts';
import type { Quarantine } from '../results/quarantine.ts';
import type { Telling } from './telling.ts';

export interface SuiteOptions {
  readonly batches: boolean;
  /** ms that a process takes beside its tests, where that is known. */
  readonly startMs: number | undefined;
  /** Batches that are to be run just so, and the number of the first. */
  readonly order?: readonly (readonly string[])[] | undefined;
  readonly firstBatch?: number;
  /** Whether a runner without work runs a second copy of a file that takes long elsewhere. */
  readonly copies?: boolean;
  readonly telling: Telling;
  /** Nothing is begun any more when a file has failed. */
  readonly failFast: boolean;
  readonly repetition: Repetition;
  readonly quarantine: Quarantine;
  /** A sentence for the person, about a runner. */
  readonly note: (message: string) => void;
}
