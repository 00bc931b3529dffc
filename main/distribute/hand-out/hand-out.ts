import { type Batch, batchLength, type WaitingFile } from './batch.ts';
import { Crew } from './crew.ts';
import { type Judgement, Suspicion } from './suspicion.ts';

/** What became of one file of a batch. */
export interface FileEnd {
  readonly path: string;
  readonly passed: boolean;
  /** ms */
  readonly took: number;
}

export interface HandOutOptions {
  /** Whether one process can take several files. */
  readonly batches: boolean;
  /** ms that a process takes beside its tests, where an earlier run found that out. */
  readonly startMs?: number | undefined;
  /** Told of runners that were found to be broken, or not to be. */
  readonly judged: (judgement: Judgement) => void;
  /** ms of a clock that only goes forward; the process's own where none is told. */
  readonly now?: () => number;
}

/** Runners that a file may take down before it is tried no more. */
const takedowns = 2;

/**
 * The queue of a suite's files, the slowest first, and who has which of them. Runners pull; each file that
 * was put in comes out of `settled` or of `unsettled`, whatever happens to runners.
 */
export class HandOut {
  readonly #options: HandOutOptions;
  readonly #waiting: WaitingFile[];
  /** Each of these is run in a process of its own, before all others. */
  readonly #alone: string[] = [];
  readonly #all: ReadonlyMap<string, WaitingFile>;
  readonly #settled = new Set<string>();
  readonly #fell = new Map<string, number>();
  readonly #crew: Crew;
  readonly #suspicion = new Suspicion();
  readonly #took: { sum: number; files: number } = { sum: 0, files: 0 };
  readonly #starts: number[] = [];
  #changed = Promise.withResolvers<void>();
  #batches = 0;
  #over = false;

  /** `files`: in the order in which they are to be begun. */
  constructor(files: readonly WaitingFile[], options: HandOutOptions) {
    this.#waiting = [...files];
    this.#all = new Map(files.map((file) => [file.path, file]));
    this.#options = options;
    this.#crew = new Crew(options.now ?? (() => performance.now()));
    this.#over = files.length === 0;
  }

  /** So many runners will join: who comes first leaves something for the others. */
  expect(runners: number): void {
    this.#crew.announce(runners);
  }

  join(runner: string): void {
    this.#crew.join(runner);
    this.#suspicion.join(runner);
  }

  /** It takes no more; what it has is to be given back before. */
  leave(runner: string): void {
    this.#crew.leave(runner);
    this.#suspicion.leave(runner);
    this.#change();
  }

  /** ms that a file took in earlier runs; undefined where it was in none. */
  recordedMs(path: string): number | undefined {
    return this.#all.get(path)?.recordedMs;
  }

  /** The next files for a runner, as soon as there are some; undefined when there will be none. */
  async next(runner: string): Promise<Batch | undefined> {
    this.#crew.asks(runner);
    for (;;) {
      if (this.#over || !this.#crew.has(runner)) return undefined;
      const files = this.#suspicion.mayTake(runner) ? this.#take(runner) : [];
      if (files.length > 0) {
        this.#crew.takes(runner, files);
        return { id: this.#batches++, files: files.map(({ path }) => path) };
      }
      await this.#changed.promise;
    }
  }

  /**
   * These ended with a result that counts, unless their runner turns out to be broken. `startMs`: what their
   * process took beside them, where that is known.
   */
  ended(runner: string, ends: readonly FileEnd[], startMs?: number): void {
    if (startMs !== undefined) this.#starts.push(startMs);
    for (const { path, passed, took } of ends) {
      this.#took.sum += took;
      this.#took.files += 1;
      this.#settled.add(path);
      const tried = this.#suspicion.triedFor(path) !== undefined;
      const judgement = this.#suspicion.tried(path, passed);
      if (judgement) this.#options.judged(judgement);
      // What fails here as well says nothing against this one.
      if (tried && !passed) continue;
      for (const again of this.#suspicion.ended(runner, path, passed)) {
        this.#settled.delete(again);
        this.#alone.push(again);
      }
    }
    this.#crew.ended(runner, (files) => this.#expect(files));
    this.#over ||= this.#settled.size === this.#all.size;
    this.#change();
  }

  /** Nothing is known of any of them unless each is run in a process of its own. */
  apart(files: readonly string[]): void {
    this.#alone.push(...files);
    this.#change();
  }

  /**
   * Their runner was taken down while it had them. Gives those that have done that too often: they are
   * settled, and the others are run elsewhere, each alone.
   */
  fell(files: readonly string[]): readonly string[] {
    const givenUp: string[] = [];
    for (const path of files) {
      const times = (this.#fell.get(path) ?? 0) + 1;
      this.#fell.set(path, times);
      if (times < takedowns) this.#alone.push(path);
      else {
        givenUp.push(path);
        this.#settled.add(path);
        this.#suspicion.tried(path, false);
      }
    }
    this.#over ||= this.#settled.size === this.#all.size;
    this.#change();
    return givenUp;
  }

  /** Nothing more is handed out. */
  end(): void {
    this.#over = true;
    this.#change();
  }

  /** Files without a result that counts, in the order in which they would have come. */
  get unsettled(): readonly string[] {
    return [...this.#all.keys()].filter((path) => !this.#settled.has(path));
  }

  /**
   * ms that a process takes beside its tests: the least of late, for what is more belongs to single files.
   */
  get startMs(): number | undefined {
    return this.#starts.length === 0 ? this.#options.startMs : Math.min(...this.#starts.slice(-20));
  }

  /** Runners that there were, those that have left among them. */
  get joined(): number {
    return this.#crew.joined;
  }

  get settled(): number {
    return this.#settled.size;
  }

  get size(): number {
    return this.#all.size;
  }

  #take(runner: string): readonly WaitingFile[] {
    const alone = this.#alone.shift();
    if (alone !== undefined) return [this.#all.get(alone) ?? { path: alone, expectedMs: undefined }];
    if (!this.#options.batches) return this.#waiting.splice(0, 1);
    const expect = (files: readonly WaitingFile[]) => this.#expect(files);
    const length = batchLength(this.#waiting, {
      runners: this.#crew.size,
      meanMs: this.#meanMs,
      startMs: this.startMs ?? 0,
      pace: this.#crew.pace(runner),
      others: this.#crew.others(runner, expect, (other) => this.#suspicion.mayTake(other)),
    });
    return this.#waiting.splice(0, length);
  }

  get #meanMs(): number | undefined {
    const { sum, files } = this.#took;
    return files === 0 ? undefined : sum / files;
  }

  /** ms for a process with these files. */
  #expect(files: readonly WaitingFile[]): number | undefined {
    let sum = this.startMs ?? 0;
    for (const { expectedMs = this.#meanMs } of files) {
      if (expectedMs === undefined) return undefined;
      sum += expectedMs;
    }
    return sum;
  }

  #change(): void {
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers();
    resolve();
  }
}
