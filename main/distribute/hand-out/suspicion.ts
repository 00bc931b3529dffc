import type { Found, Judgement } from './judgement.ts';
import { LastLook, type Rest } from './last-look.ts';
import type { Suspect } from './suspect.ts';
import { type OfRunner, Watched } from './watched.ts';

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
  readonly #watched = new Watched();
  /** Those that wait: mostly none. */
  readonly #suspects = new Set<Suspect>();
  readonly #lastLook = new LastLook();
  /** Runners that have failed the last files that they had. */
  #doubted: ReadonlySet<string> = new Set();
  /** All runners failed alike, and none has passed a file since. */
  #suiteFails = false;

  join(runner: string, node: number): void {
    this.#watched.join(runner, node);
  }

  leave(runner: string): void {
    for (const gone of this.#watched.leave(runner)) this.#suspects.delete(gone);
    this.#letGoIfAllWait();
  }

  /** Whether it may take files. */
  mayTake(runner: string): boolean {
    const its = this.#watched.of(runner);
    return its !== undefined && !its.own.waits && !its.node.waits;
  }

  /** Who may fail what these failed for the same reason: all of their nodes, and who is doubted, too. */
  alike(runners: Iterable<string>): ReadonlySet<string> {
    const ofNodes = [...runners].flatMap((runner) => this.#watched.neighbours(runner));
    return new Set([...ofNodes, ...this.#doubted]);
  }

  /** Whether a failure of this file is being tried elsewhere. */
  isTried(file: string): boolean {
    for (const suspect of this.#suspects) if (suspect.isTriedFor(file)) return true;
    return false;
  }

  /** A runner ended a file. Gives files that are to be run again elsewhere. */
  ended(runner: string, file: string, passed: boolean): readonly string[] {
    const its = this.#watched.of(runner);
    if (!its) return [];
    const both = [its.own, its.node];
    if (passed) {
      this.#suiteFails = false;
      for (const each of both) {
        each.passes();
        if (!each.waits) this.#suspects.delete(each);
      }
    } else if (both.map((each) => each.fails(file, runner)).includes(true)) {
      this.#look(its);
      // It had this one already when the trial began.
      return [file];
    } else for (const each of both) this.#lastLook.fails(each);
    const again = this.#askOthers(runner, passed);
    this.#look(its);
    this.#letGoIfAllWait();
    return again;
  }

  /** A file that was tried has ended elsewhere. */
  tried(file: string, passed: boolean): Found {
    const judgements: Judgement[] = [];
    const again: string[] = [];
    for (const suspect of [...this.#suspects].filter((each) => each.isTriedFor(file))) {
      if (suspect.isDoubted && !passed) this.#lastLook.confirm();
      const state = suspect.found(file, passed, this.#lastLook.left === 0);
      if (state.kind === 'more') again.push(...state.files);
      if (state.kind !== 'over') continue;
      const { accused: of, runners } = suspect;
      const { files } = state;
      judgements.push(
        state.broken ? { kind: 'broken', of, runners: [...runners], files } : { kind: 'cleared', of },
      );
      this.#clear(suspect);
    }
    return { judgements, again };
  }

  /**
   * No file waits any more: who has failed the last ones that it had is a suspect, where somebody else passes
   * files. One of them is run there, and the others when that passes.
   */
  lookAtLast(rest: Rest): Found {
    const judgements: Judgement[] = [];
    const again: string[] = [];
    const all = this.#suiteFails ? [] : this.#lastLook.doubts(this.#ofNodes(rest));
    const doubts = all.filter(({ suspect }) => this.#mayBeBroken(suspect));
    this.#doubted = new Set(doubts.flatMap(({ suspect: { runners } }) => [...runners]));
    let left = this.#watched.runners.some((runner) => this.#isSound(runner)) ? this.#lastLook.left : 0;
    for (const { isDoubted } of this.#suspects) left -= Number(isDoubted);
    for (const { suspect, files } of doubts) {
      // Its node may have been before it.
      if (left <= 0 || suspect.failures === 0) continue;
      left -= 1;
      this.#releaseRunnersOf(suspect);
      again.push(...suspect.beginDoubt(files));
      this.#suspects.add(suspect);
      judgements.push({ kind: 'doubted', of: suspect.accused, files });
    }
    return { judgements, again };
  }

  /** What one runner fails may be of its node, as long as the others there are busy. */
  #ofNodes({ idle, ...rest }: Rest): Rest {
    return { ...rest, idle: (runner) => this.#watched.neighbours(runner).every(idle) };
  }

  /** Whether it has passed files, and nothing speaks against it now. */
  #isSound(runner: string): boolean {
    const passed = this.#watched.of(runner)?.own.everPassed === true;
    return passed && !this.#doubted.has(runner) && this.mayTake(runner);
  }

  /** Whether all that speaks against it may be of it, and others are there to say so. */
  #mayBeBroken(suspect: Suspect): boolean {
    if (suspect.tried || !this.#watched.hasOther(suspect)) return false;
    return 'runner' in suspect.accused || suspect.severalFail;
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
    const node = this.#watched.of(runner)?.node;
    return (
      node !== undefined &&
      this.#watched.hasOther(node) &&
      [...runners].every((each) => node.runners.has(each))
    );
  }

  /** Whether a runner, or its node, is a suspect now. */
  #look({ own, node }: OfRunner): void {
    if (this.#suiteFails || node.waits) return;
    if (node.failures >= tooMany && this.#mayBeBroken(node)) {
      this.#releaseRunnersOf(node);
      this.#hold(node);
    } else if (!own.waits && own.failures >= tooMany && this.#mayBeBroken(own)) this.#hold(own);
  }

  /** What speaks against each of them speaks against the node. */
  #releaseRunnersOf({ runners }: Suspect): void {
    for (const runner of runners) this.#release(this.#watched.of(runner)?.own);
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
    this.#releaseRunnersOf(suspect);
  }

  #letGoIfAllWait(): void {
    if (this.#suspects.size === 0) return;
    for (const runner of this.#watched.runners) if (this.mayTake(runner)) return;
    const all = [...this.#suspects];
    if (all.every(({ tried }) => !tried)) this.#suiteFails = true;
    // Who would try their failures has left: they do it themselves.
    for (const suspect of all) this.#clear(suspect);
  }
}
