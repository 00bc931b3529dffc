/** What is said of a runner that failed many files running. */
export type Judgement =
  | { readonly kind: 'broken'; readonly runner: string; readonly files: readonly string[] }
  | { readonly kind: 'cleared'; readonly runner: string };

/** Failures running after which a runner is looked at. */
const tooMany = 5;

interface Suspect {
  /** Files that it failed one after the other. */
  streak: string[];
  /** It gets no files until another runner has ended one. */
  held: boolean;
  /** Its failures are run elsewhere: what came of each so far. */
  trial: Map<string, boolean | undefined> | undefined;
}

/**
 * Keeps a broken runner from eating the queue, for it fails faster than others run. One that fails many files
 * running waits; when another runner then passes a file, the failures are run again elsewhere, and what comes
 * of that counts: where more of them pass than fail, the runner is broken. When another runner fails a file
 * as well, or all of them wait, the suite is broken and no runner.
 */
export class Suspicion {
  readonly #runners = new Map<string, Suspect>();
  /** Of them those that wait, or whose failures are being tried: mostly none. */
  readonly #suspects = new Map<string, Suspect>();
  /** All runners failed alike, and none has passed a file since. */
  #suiteFails = false;

  join(runner: string): void {
    this.#runners.set(runner, { streak: [], held: false, trial: undefined });
  }

  leave(runner: string): void {
    this.#runners.delete(runner);
    this.#suspects.delete(runner);
    this.#letGoIfAllWait();
  }

  /** Whether it may take files. */
  mayTake(runner: string): boolean {
    const suspect = this.#runners.get(runner);
    return suspect !== undefined && !suspect.held && suspect.trial === undefined;
  }

  /** The runner whose failure of this file is being tried elsewhere. */
  triedFor(file: string): string | undefined {
    for (const [runner, { trial }] of this.#suspects) if (trial?.has(file)) return runner;
    return undefined;
  }

  /** A runner ended a file. Gives files that are to be run again elsewhere. */
  ended(runner: string, file: string, passed: boolean): readonly string[] {
    const own = this.#runners.get(runner);
    if (!own) return [];
    if (passed) {
      own.streak = [];
      this.#suiteFails = false;
    } else if (own.trial) {
      // It had this one already when its trial began.
      own.trial.set(file, undefined);
      return [file];
    } else own.streak.push(file);
    const again = this.#askOthers(runner, passed);
    if (own.streak.length >= tooMany && !this.#suiteFails && this.#runners.size > 1) {
      own.held = true;
      this.#suspects.set(runner, own);
    }
    this.#letGoIfAllWait();
    return again;
  }

  /**
   * A file that was tried for a suspect has ended elsewhere. Gives what is known of the suspect when it is.
   */
  tried(file: string, passed: boolean): Judgement | undefined {
    const runner = this.triedFor(file);
    const suspect = runner === undefined ? undefined : this.#runners.get(runner);
    if (runner === undefined || !suspect?.trial) return undefined;
    suspect.trial.set(file, passed);
    const results = [...suspect.trial];
    if (results.some(([, result]) => result === undefined)) return undefined;
    const good = results.filter(([, result]) => result).map(([path]) => path);
    suspect.trial = undefined;
    suspect.streak = [];
    this.#suspects.delete(runner);
    if (2 * good.length <= results.length) return { kind: 'cleared', runner };
    return { kind: 'broken', runner, files: good };
  }

  /** Another runner's end of a file decides about those that wait. */
  #askOthers(runner: string, passed: boolean): readonly string[] {
    const again: string[] = [];
    for (const [other, suspect] of this.#suspects) {
      if (other === runner || !suspect.held) continue;
      suspect.held = false;
      if (passed) {
        suspect.trial = new Map(suspect.streak.map((path) => [path, undefined]));
        again.push(...suspect.streak);
      } else this.#suspects.delete(other);
      suspect.streak = [];
    }
    return again;
  }

  #letGoIfAllWait(): void {
    if (this.#runners.size === 0 || this.#suspects.size < this.#runners.size) return;
    const all = [...this.#suspects.values()];
    if (all.every(({ trial }) => !trial)) this.#suiteFails = true;
    // Who would try their failures has left: they do it themselves.
    for (const suspect of all) Object.assign(suspect, { streak: [], held: false, trial: undefined });
    this.#suspects.clear();
  }
}
