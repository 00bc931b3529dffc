import { Attempts, type Repetition } from './attempts.ts';
import type { Found, Judgement } from './judgement.ts';
import type { Rest } from './last-look.ts';
import { Suspicion } from './suspicion.ts';

/** What became of one file of a batch. */
export interface FileEnd {
  readonly path: string;
  readonly passed: boolean;
  /** ms */
  readonly took: number;
}

/** A file that is to be run once more. */
export interface Again {
  readonly path: string;
  /** Runners that are not to have it, where there are others. */
  readonly not?: ReadonlySet<string>;
}

/** Runners that a file may take down before it is tried no more. */
const takedowns = 2;

/** Which files have a result that counts, and which are to be run again. */
export class Outcomes {
  readonly #settled = new Set<string>();
  /**
   * What took down the runners of each file: a node that is lost counts once,
   * however many of its runners had it.
   */
  readonly #fell = new Map<string, readonly (number | undefined)[]>();
  readonly #suspicion = new Suspicion();
  readonly #attempts: Attempts;
  readonly #judged: (judgement: Judgement) => void;

  /**
   * `files`: how many there are. `judged`: told of runners, or nodes, that were
   * found to be broken, or not to be.
   */
  constructor(files: number, repetition: Repetition, judged: (judgement: Judgement) => void) {
    this.#attempts = new Attempts(files, repetition);
    this.#judged = judged;
  }

  join(runner: string, node: number): void {
    this.#suspicion.join(runner, node);
  }

  leave(runner: string): void {
    this.#suspicion.leave(runner);
  }

  /** Whether a runner may take files. */
  mayTake(runner: string): boolean {
    return this.#suspicion.mayTake(runner);
  }

  /** A file ended by itself. Gives what is to be run again for that. */
  ended(runner: string, { path, passed }: FileEnd): readonly Again[] {
    this.#settled.add(path);
    const tried = this.#suspicion.isTried(path);
    const again = [...this.#found(this.#suspicion.tried(path, passed))];
    if (this.#attempts.ended(path, runner, passed)) {
      this.#settled.delete(path);
      again.push({ path, not: this.#attempts.failedOn(path) });
    }
    // What fails here as well says nothing against this one.
    if (tried && !passed) return again;
    const suspects = this.#suspicion.ended(runner, path, passed);
    return [...again, ...suspects.flatMap((other) => this.#tryElsewhere(other))];
  }

  /**
   * Its runner was taken down while it had it. Gives it where it is to be run again. `node`: that all of this
   * was lost, where it was.
   */
  fell(path: string, node?: number): readonly Again[] {
    const before = this.#fell.get(path) ?? [];
    const all = node !== undefined && before.includes(node) ? before : [...before, node];
    this.#fell.set(path, all);
    if (all.length < takedowns) return [{ path }];
    this.#settled.add(path);
    return this.#found(this.#suspicion.tried(path, false));
  }

  /**
   * Nothing waits to be run: gives what is to be run elsewhere, because the last files of a runner, or a
   * node, have all failed.
   */
  lookAtLast(known: Omit<Rest, 'failedOnlyOn'>): readonly Again[] {
    const failedOnlyOn = (file: string, runners: ReadonlySet<string>): boolean => {
      if (!this.#settled.has(file) || this.#attempts.everPassed(file)) return false;
      return [...this.#attempts.failedOn(file)].every((runner) => runners.has(runner));
    };
    return this.#found(this.#suspicion.lookAtLast({ ...known, failedOnlyOn }));
  }

  /** Whether it has a result that counts, unless its runner turns out to be broken. */
  isSettled(path: string): boolean {
    return this.#settled.has(path);
  }

  get settled(): number {
    return this.#settled.size;
  }

  /** How many files failed, where that are so many that nothing is run again any more. */
  get tooManyFailed(): number | undefined {
    return this.#attempts.spent ? this.#attempts.failures : undefined;
  }

  /**
   * What a suspect failed: it is run elsewhere, on another node if there is one,
   * unless that is known or under way.
   */
  #tryElsewhere(path: string): readonly Again[] {
    if (!this.#settled.has(path)) return [];
    if (this.#attempts.everPassed(path)) return this.#found(this.#suspicion.tried(path, true));
    this.#settled.delete(path);
    return [{ path, not: this.#suspicion.alike(this.#attempts.failedOn(path)) }];
  }

  #found({ judgements, again }: Found): readonly Again[] {
    for (const judgement of judgements) {
      if (judgement.kind === 'broken') for (const runner of judgement.runners) this.#attempts.forget(runner);
      this.#judged(judgement);
    }
    return again.flatMap((file) => this.#tryElsewhere(file));
  }
}
