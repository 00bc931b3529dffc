import type { Batch, Want } from '../hand-out/batch.ts';

/** Why a runner takes no more files. */
export type Halt =
  /** Its node, or the way there, is gone. */
  | { readonly kind: 'lost'; readonly reason: string }
  /** The run is over. */
  | { readonly kind: 'stopped' };

/**
 * What runs a runner's test files. What comes of each file is put down in the suite as soon as it is known;
 * nothing here throws. One runner has one. Who makes it is told once when it can run no more (`Halt`).
 */
export interface Executor {
  /** What it asks the queue for. */
  readonly wants: Want;
  /** Takes files. Resolves when it can use more, which may be before these have ended. */
  give(batch: Batch): Promise<void>;
  /** Resolves when all that it was given has come to something. */
  idle(): Promise<void>;
  /** No more files come: ends what it has running still. */
  close(): Promise<void>;
}
