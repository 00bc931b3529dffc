import type { WaitingFile } from './batch.ts';

/** How long files and the starts of processes take, as far as the suite has found out. */
export class Durations {
  readonly #recordedStart: number | undefined;
  readonly #starts: number[] = [];
  #sum = 0;
  #files = 0;

  /** `startMs`: what a process took beside its tests in an earlier run. */
  constructor(startMs: number | undefined) {
    this.#recordedStart = startMs;
  }

  /** ms */
  fileTook(ms: number): void {
    this.#sum += ms;
    this.#files += 1;
  }

  /** What a process took beside its tests; ms. */
  startTook(ms: number): void {
    this.#starts.push(ms);
    if (this.#starts.length > lately) this.#starts.shift();
  }

  /**
   * ms that a process takes beside its tests: the least of late, for what is more belongs to single files.
   */
  get startMs(): number | undefined {
    return this.#starts.length === 0 ? this.#recordedStart : Math.min(...this.#starts);
  }

  /** ms of a file; undefined as long as none has ended. */
  get meanMs(): number | undefined {
    return this.#files === 0 ? undefined : this.#sum / this.#files;
  }

  /** ms for a process with these files; undefined as long as nothing is known. */
  expect(files: readonly WaitingFile[]): number | undefined {
    let sum = this.startMs ?? 0;
    for (const { expectedMs = this.meanMs } of files) {
      if (expectedMs === undefined) return undefined;
      sum += expectedMs;
    }
    return sum;
  }
}

/** Processes of which the starts are looked at. */
const lately = 20;
