import type { WaitingFile } from './batch.ts';
import type { Line, Taken } from './line.ts';

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

  putBack(files: readonly WaitingFile[]): void {
    if (files.length > 0) this.#batches.unshift(files);
  }

  take(): Taken {
    return { files: this.#batches.shift() ?? [], alone: true };
  }

  expectedMs(meanMs: number): number {
    return this.#batches.flat().reduce((sum, { expectedMs = meanMs }) => sum + expectedMs, 0);
  }

  get isEmpty(): boolean {
    return this.#batches.length === 0;
  }
}
