/** When a file is run more than once, though nothing happened to its runner. */
export interface Repetition {
  /** How often a file that failed is run again, elsewhere. */
  readonly retries: number;
  /** The part of all files that may have failed, 0 to 1, past which nothing is run again. */
  readonly budget?: number | undefined;
  /** Files that are new, and how often each of them is run, whatever comes of it. */
  readonly repeated: ReadonlySet<string>;
  readonly times: number;
}

export const once: Repetition = { retries: 0, repeated: new Set(), times: 1 };

/** How often each file was run, where it failed, and whether it is to be run again. */
export class Attempts {
  readonly #rules: Repetition;
  readonly #most: number;
  readonly #runs = new Map<string, number>();
  /** The runners on which each failed. */
  readonly #failed = new Map<string, Set<string>>();
  readonly #passed = new Set<string>();
  #spent = false;

  /** `files`: how many there are. */
  constructor(files: number, rules: Repetition) {
    this.#rules = rules;
    const { budget } = rules;
    this.#most = budget === undefined ? Number.POSITIVE_INFINITY : Math.max(1, Math.floor(budget * files));
  }

  /** A file ended. Gives whether it is to be run again. */
  ended(path: string, runner: string, passed: boolean): boolean {
    const runs = (this.#runs.get(path) ?? 0) + 1;
    this.#runs.set(path, runs);
    if (passed) this.#passed.add(path);
    else this.#failed.set(path, new Set(this.#failed.get(path)).add(runner));
    const { retries, repeated, times } = this.#rules;
    if (repeated.has(path)) return runs < times;
    if (passed || runs > retries) return false;
    this.#spent = this.#failed.size > this.#most;
    return !this.#spent;
  }

  /** Runners on which it failed. */
  failedOn(path: string): ReadonlySet<string> {
    return this.#failed.get(path) ?? new Set();
  }

  /** Whether it passed in one of its runs. */
  everPassed(path: string): boolean {
    return this.#passed.has(path);
  }

  /** A runner is broken: what it failed says nothing. */
  forget(runner: string): void {
    for (const [path, runners] of this.#failed) {
      runners.delete(runner);
      if (runners.size === 0) this.#failed.delete(path);
    }
  }

  /** Whether so many files failed that nothing is run again any more. */
  get spent(): boolean {
    return this.#spent;
  }

  /** How many files failed at least once. */
  get failures(): number {
    return this.#failed.size;
  }
}
