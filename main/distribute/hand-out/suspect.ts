/** Whom many failures running speak against. */
export type Accused = { readonly runner: string } | { readonly node: number };

interface Failure {
  readonly file: string;
  readonly runner: string;
}

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

  /** Whether several of its runners failed those. */
  get severalFail(): boolean {
    return this.#streak.some(({ runner }) => runner !== this.#streak[0]?.runner);
  }

  /** Whether a file that one of its runners failed is to be run elsewhere, for its others are. */
  failed(file: string, runner: string): boolean {
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

  /** Gives the files that are to be run elsewhere. */
  beginTrial(): readonly string[] {
    const files = new Set(this.#streak.map(({ file }) => file));
    this.reset();
    this.#trial = new Map([...files].map((file) => [file, undefined]));
    return [...files];
  }

  isTriedFor(file: string): boolean {
    return this.#trial?.has(file) === true;
  }

  /** A file was run elsewhere. Gives all of them with what they came to when that is known of each. */
  found(file: string, passed: boolean): readonly (readonly [file: string, passed: boolean])[] | undefined {
    this.#trial?.set(file, passed);
    const known = [...(this.#trial ?? [])].flatMap(([path, result]) =>
      result === undefined ? [] : [[path, result] as const],
    );
    return known.length === this.#trial?.size ? known : undefined;
  }

  /** Nothing speaks against it any more. */
  reset(): void {
    this.#streak = [];
    this.#held = false;
    this.#trial = undefined;
  }

  /** A file passed on it: what it failed before says nothing, unless that is being tried. */
  passed(): void {
    if (!this.#trial) this.reset();
  }
}
