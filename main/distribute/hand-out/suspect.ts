import type { Accused } from './judgement.ts';

interface Failure {
  readonly file: string;
  readonly runner: string;
}

/** What is known of a suspect after one of its failures was run elsewhere. */
export type TrialState =
  | { readonly kind: 'open' }
  /** These are to be run elsewhere, too. */
  | { readonly kind: 'more'; readonly files: readonly string[] }
  /** `files`: those that pass elsewhere. `broken`: they are more than the others. */
  | { readonly kind: 'over'; readonly files: readonly string[]; readonly broken: boolean };

/** A runner, or a node with all its runners, and what it failed since it passed a file the last time. */
export class Suspect {
  readonly accused: Accused;
  readonly runners = new Set<string>();
  #streak: Failure[] = [];
  /** It gets no files until a runner elsewhere has ended one. */
  #held = false;
  /** Failures elsewhere, one after the other, since it is held. */
  #alike = 0;
  /** Its failures are run elsewhere: what came of each so far. */
  #trial: Map<string, boolean | undefined> | undefined;
  /** Failures that are run elsewhere only if the first of them passes there. */
  #rest: readonly string[] = [];
  #everPassed = false;

  constructor(accused: Accused) {
    this.accused = accused;
  }

  /** Whether it gets no files. */
  get waits(): boolean {
    return this.#held || this.#trial !== undefined;
  }

  get held(): boolean {
    return this.#held;
  }

  get tried(): boolean {
    return this.#trial !== undefined;
  }

  /** How many files it failed running. */
  get failures(): number {
    return this.#streak.length;
  }

  /** Those files. */
  get failed(): readonly string[] {
    return [...new Set(this.#streak.map(({ file }) => file))];
  }

  /** Whether it has passed a file, whenever that was. */
  get everPassed(): boolean {
    return this.#everPassed;
  }

  /** Whether several of its runners failed those. */
  get severalFail(): boolean {
    return this.#streak.some(({ runner }) => runner !== this.#streak[0]?.runner);
  }

  /** Whether a file that one of its runners failed is to be run elsewhere, for its others are. */
  fails(file: string, runner: string): boolean {
    if (this.#trial) this.#trial.set(file, undefined);
    else this.#streak.push({ file, runner });
    return this.#trial !== undefined;
  }

  hold(): void {
    this.#held = true;
    this.#alike = 0;
  }

  /** Another one failed a file, too. Gives how many did so running. */
  failedElsewhere(): number {
    this.#alike += 1;
    return this.#alike;
  }

  /** Gives the files that are to be run elsewhere: all that it failed. */
  beginTrial(): readonly string[] {
    return this.#begin(this.failed, []);
  }

  /** The same, of the first of these alone as long as none of them has passed there. */
  beginDoubt([first, ...rest]: readonly [string, ...string[]]): readonly string[] {
    return this.#begin([first], rest);
  }

  isTriedFor(file: string): boolean {
    return this.#trial?.has(file) === true;
  }

  /** Whether others of its failures wait for what comes of the first. */
  get isDoubted(): boolean {
    return this.#rest.length > 0;
  }

  /** A file was run elsewhere. `isOver`: no more of its failures are to be tried one by one. */
  found(file: string, passed: boolean, isOver: boolean): TrialState {
    this.#trial?.set(file, passed);
    const results = [...(this.#trial ?? [])];
    if (results.some(([, result]) => result === undefined)) return { kind: 'open' };
    const files = results.flatMap(([path, result]) => (result ? [path] : []));
    const all = results.length + this.#rest.length;
    const mayBeBroken = 2 * (files.length + this.#rest.length) > all && (passed || !isOver);
    const more = mayBeBroken ? this.#rest.slice(0, passed ? undefined : 1) : [];
    if (more.length === 0) return { kind: 'over', files, broken: 2 * files.length > all };
    this.#rest = this.#rest.slice(more.length);
    for (const path of more) this.#trial?.set(path, undefined);
    return { kind: 'more', files: more };
  }

  /** Nothing speaks against it any more. */
  reset(): void {
    this.#streak = [];
    this.#held = false;
    this.#trial = undefined;
    this.#rest = [];
  }

  /** A file passed on it: what it failed before says nothing, unless that is being tried. */
  passes(): void {
    this.#everPassed = true;
    if (!this.#trial) this.reset();
  }

  #begin(files: readonly string[], rest: readonly string[]): readonly string[] {
    this.reset();
    this.#trial = new Map(files.map((file) => [file, undefined]));
    this.#rest = rest;
    return files;
  }
}
