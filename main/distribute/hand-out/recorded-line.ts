import type { WaitingFile } from './batch.ts';
import type { Line } from './line.ts';

/**
 * Batches as they were handed out before, in that order. What is to be run alone comes after them: nothing
 * stands between.
 */
export class RecordedLine implements Line {
  readonly #batches: (readonly WaitingFile[])[];

  constructor(batches: readonly (readonly WaitingFile[])[]) {
    this.#batches = [...batches];
  }

  putSingle(file: WaitingFile): void {
    this.#batches.push([file]);
  }

  take(): readonly WaitingFile[] {
    return this.#batches.shift() ?? [];
  }

  get isEmpty(): boolean {
    return this.#batches.length === 0;
  }
}
