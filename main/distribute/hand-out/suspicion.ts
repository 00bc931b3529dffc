import { type Accused, Suspect } from './suspect.ts';

/** What is said of a runner, or of a node, that failed many files running. */
export type Judgement =
  | {
      readonly kind: 'broken';
      readonly of: Accused;
      readonly runners: readonly string[];
      /** Those that pass elsewhere. */
      readonly files: readonly string[];
    }
  | { readonly kind: 'cleared'; readonly of: Accused };

/** Failures running after which a runner, or a node, is looked at. */
const tooMany = 5;

/** Failures running elsewhere that say that it is the suite: one alone may be that file's. */
const alike = 2;

/**
 * Keeps what is broken from eating the queue, for it fails faster than others run. A runner that fails many
 * files running waits, and so do all of a node which failed as many together; when one elsewhere then passes
 * a file, the failures are run again there, and what comes of that counts: where more of them pass than fail,
 * the runner, or the node, is broken. When others fail files as well, or all of them wait, the suite is
 * broken and none of them.
 */
export class Suspicion {
  readonly #nodes = new Map<number, Suspect>();
  readonly #runners = new Map<string, { readonly own: Suspect; readonly node: Suspect }>();
  /** Those that wait: mostly none. */
  readonly #suspects = new Set<Suspect>();
  /** All runners failed alike, and none has passed a file since. */
  #suiteFails = false;

  join(runner: string, node: number): void {
    const ofNode = this.#nodes.get(node) ?? new Suspect({ node });
    this.#nodes.set(node, ofNode);
    const own = new Suspect({ runner });
    for (const each of [own, ofNode]) each.runners.add(runner);
    this.#runners.set(runner, { own, node: ofNode });
  }

  leave(runner: string): void {
    const its = this.#runners.get(runner);
    if (!its) return;
    this.#runners.delete(runner);
    for (const each of [its.own, its.node]) {
      each.runners.delete(runner);
      if (each.runners.size > 0) continue;
      this.#suspects.delete(each);
      if ('node' in each.accused) this.#nodes.delete(each.accused.node);
    }
    this.#letGoIfAllWait();
  }

  /** Whether it may take files. */
  mayTake(runner: string): boolean {
    const its = this.#runners.get(runner);
    return its !== undefined && !its.own.waits && !its.node.waits;
  }

  /** Whether a failure of this file is being tried elsewhere. */
  isTried(file: string): boolean {
    for (const suspect of this.#suspects) if (suspect.isTriedFor(file)) return true;
    return false;
  }

  /** A runner ended a file. Gives files that are to be run again elsewhere. */
  ended(runner: string, file: string, passed: boolean): readonly string[] {
    const its = this.#runners.get(runner);
    if (!its) return [];
    const both = [its.own, its.node];
    if (passed) {
      this.#suiteFails = false;
      for (const each of both) {
        each.passed();
        if (!each.waits) this.#suspects.delete(each);
      }
    } else if (both.map((each) => each.failed(file, runner)).includes(true)) {
      this.#look(its);
      // It had this one already when the trial began.
      return [file];
    }
    const again = this.#askOthers(runner, passed);
    this.#look(its);
    this.#letGoIfAllWait();
    return again;
  }

  /** A file that was tried has ended elsewhere. Gives what is known of suspects when it is. */
  tried(file: string, passed: boolean): readonly Judgement[] {
    const judgements: Judgement[] = [];
    for (const suspect of [...this.#suspects].filter((each) => each.isTriedFor(file))) {
      const results = suspect.found(file, passed);
      if (!results) continue;
      const files = results.filter(([, good]) => good).map(([path]) => path);
      const broken = 2 * files.length > results.length;
      const { accused: of, runners } = suspect;
      judgements.push(
        broken ? { kind: 'broken', of, runners: [...runners], files } : { kind: 'cleared', of },
      );
      this.#clear(suspect);
    }
    return judgements;
  }

  /** A runner's end of a file decides about those elsewhere that wait. */
  #askOthers(runner: string, passed: boolean): readonly string[] {
    const again: string[] = [];
    for (const suspect of this.#suspects) {
      if (!suspect.held || suspect.runners.has(runner)) continue;
      if (passed) again.push(...suspect.beginTrial());
      else if (!this.#isOfOneNode(suspect, runner) && suspect.failedElsewhere() >= alike)
        this.#clear(suspect);
    }
    return again;
  }

  /** Whether the two may fail alike for being on one node, and there is another one to ask. */
  #isOfOneNode({ runners }: Suspect, runner: string): boolean {
    const node = this.#runners.get(runner)?.node;
    return this.#nodes.size > 1 && [...runners].every((each) => node?.runners.has(each));
  }

  /** Whether a runner, or its node, is a suspect now. */
  #look({ own, node }: { readonly own: Suspect; readonly node: Suspect }): void {
    if (this.#suiteFails || node.waits) return;
    if (node.failures >= tooMany && this.#nodes.size > 1 && node.severalFail) {
      // What speaks against each of its runners speaks against the node.
      for (const runner of node.runners) this.#release(this.#runners.get(runner)?.own);
      this.#hold(node);
    } else if (!own.waits && own.failures >= tooMany && this.#runners.size > 1) this.#hold(own);
  }

  #hold(suspect: Suspect): void {
    suspect.hold();
    this.#suspects.add(suspect);
  }

  #release(suspect: Suspect | undefined): void {
    if (!suspect || suspect.tried) return;
    suspect.reset();
    this.#suspects.delete(suspect);
  }

  #clear(suspect: Suspect): void {
    suspect.reset();
    this.#suspects.delete(suspect);
    for (const runner of suspect.runners) this.#release(this.#runners.get(runner)?.own);
  }

  #letGoIfAllWait(): void {
    if (this.#suspects.size === 0) return;
    for (const runner of this.#runners.keys()) if (this.mayTake(runner)) return;
    const all = [...this.#suspects];
    if (all.every(({ tried }) => !tried)) this.#suiteFails = true;
    // Who would try their failures has left: they do it themselves.
    for (const suspect of all) this.#clear(suspect);
  }
}
