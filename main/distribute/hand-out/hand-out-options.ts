import type { Repetition } from './attempts.ts';
import type { Judgement } from './judgement.ts';

export interface HandOutOptions {
  /** Whether one process can take several files. */
  readonly batches: boolean;
  /** ms that a process takes beside its tests, where an earlier run found that out. */
  readonly startMs?: number | undefined;
  /** Which files are run more than once; none where nothing is told. */
  readonly repetition?: Repetition;
  /** Batches that are to be handed out just so, in this order. */
  readonly order?: readonly (readonly string[])[] | undefined;
  /** A runner without work runs a second copy of a file that takes long elsewhere; told which. */
  readonly copied?: ((path: string, runner: string) => void) | undefined;
  /** The number of the first batch, where they go on from those of another queue. */
  readonly firstBatch?: number | undefined;
  /** Told of runners, or nodes, that were found to be broken, or not to be. */
  readonly judged: (judgement: Judgement) => void;
  /** ms of a clock that only goes forward; the process's own where none is told. */
  readonly now?: () => number;
}
