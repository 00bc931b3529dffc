import type { Batch } from '../hand-out/batch.ts';

/** Why a runner takes no more files. */
export type Halt =
  /** Its node, or the way there, is gone. */
  | { readonly kind: 'lost'; readonly reason: string }
  /** The run is over. */
  | { readonly kind: 'stopped' };

/**
 * What runs a runner's test files. What comes of each file is put down in the suite as soon as it is known;
 * nothing here throws. One runner has one, which does one thing at a time.
 */
export interface Executor {
  /** Takes files. Resolves when it can use more, which may be before these have ended. */
  give(batch: Batch): Promise<Halt | undefined>;
  /** Resolves when all that it was given has come to something. */
  idle(): Promise<Halt | undefined>;
  /** No more files come: ends what it has running still. */
  close(): Promise<void>;
}
