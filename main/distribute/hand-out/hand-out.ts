import { Allotment } from './allotment.ts';
import { once } from './attempts.ts';
import type { Batch, WaitingFile, Want } from './batch.ts';
import { Crew } from './crew.ts';
import { Durations } from './durations.ts';
import type { HandOutOptions } from './hand-out-options.ts';
import { InHand } from './in-hand.ts';
import { KnownFiles } from './known-files.ts';
import type { Line } from './line.ts';
import { type Again, type FileEnd, Outcomes } from './outcomes.ts';
import { RecordedLine } from './recorded-line.ts';
import { WaitingLine } from './waiting-line.ts';

/**
 * The queue of a suite's files, the slowest first, and who has which of them. Runners pull; each file that
 * was put in comes out of `settled` or of `unsettled`, whatever happens to runners.
 */
export class HandOut {
  readonly files: KnownFiles;
  readonly #options: HandOutOptions;
  readonly #line: Line;
  readonly #crew: Crew;
  readonly #durations: Durations;
  readonly #outcomes: Outcomes;
  readonly #inHand = new InHand();
  readonly #allotment: Allotment;
  #changed = Promise.withResolvers<void>();
  #batches: number;
  #over = false;

  /** `files`: in the order in which they are to be begun. */
  constructor(files: readonly WaitingFile[], options: HandOutOptions) {
    this.#durations = new Durations(options.startMs);
    this.files = new KnownFiles(files, this.#durations);
    this.#options = options;
    this.#line = options.order
      ? new RecordedLine(options.order.map((batch) => batch.map((path) => this.files.of(path))))
      : new WaitingLine(files);
    this.#batches = options.firstBatch ?? 0;
    this.#crew = new Crew(options.now ?? (() => performance.now()));
    this.#outcomes = new Outcomes(files.length, options.repetition ?? once, options.judged);
    this.#over = files.length === 0;
    this.#allotment = new Allotment({
      ...{ line: this.#line, crew: this.#crew, durations: this.#durations, inHand: this.#inHand },
      mayTake: (runner) => this.#outcomes.mayTake(runner),
      ...{ batches: options.batches, copied: options.copied },
    });
  }

  /** So many runners will join: who comes first leaves something for the others. */
  expect(runners: number): void {
    this.#crew.announce(runners);
  }

  /** `node`: its id; those of one node may fail together because of that. */
  join(runner: string, node: number): void {
    this.#crew.join(runner);
    this.#outcomes.join(runner, node);
  }

  /** It takes no more; what it has is to be given back before. */
  leave(runner: string): void {
    this.#crew.leave(runner);
    this.#outcomes.leave(runner);
    this.#change();
  }

  /** The next files for a runner, as soon as there are some; undefined when there will be none. */
  async next(runner: string, want: Want = 'process'): Promise<Batch | undefined> {
    this.#crew.asks(runner);
    for (;;) {
      if (this.#over || !this.#crew.has(runner)) return undefined;
      const { files, alone } = this.#allotment.take(runner, want);
      if (files.length > 0) return this.#give(runner, files, alone);
      await this.#allotment.later(this.#changed.promise);
    }
  }

  /**
   * These ended with a result that counts, unless they are run again or their runner turns out to be broken.
   * `startMs`: what their process took beside them, where that is known.
   */
  ended(runner: string, ends: readonly FileEnd[], startMs?: number): void {
    if (startMs !== undefined) this.#durations.startTook(startMs);
    const counting = ends.filter(({ path }) => this.counts(runner, path));
    const copied = ends.some(({ path }) => this.#inHand.holders(path) > 1);
    for (const end of counting) {
      this.#inHand.done(runner, end.path);
      this.#durations.fileTook(end.took);
      this.#runAlone(this.#outcomes.ended(runner, end));
    }
    const paths = ends.map(({ path }) => path);
    this.#crew.ended(runner, paths, (files) => this.#durations.expect(files));
    if (copied) this.#crew.drop(paths);
    this.#change();
  }

  /** Whether a runner has a file, and nobody was done with a copy of it before: then its result counts. */
  counts(runner: string, path: string): boolean {
    return this.#inHand.has(runner, path);
  }

  /** Nothing is known of any of them unless each is run in a process of its own. */
  apart(runner: string, files: readonly string[]): void {
    this.#runAlone(this.#letGo(runner, files).map((path) => ({ path })));
    this.#change();
  }

  /** A runner had them, and did not begin any: they wait as before, in front of the others. */
  giveBack(runner: string, files: readonly string[]): void {
    this.#line.putBack(this.#letGo(runner, files).map((path) => this.files.of(path)));
    this.#change();
  }

  /**
   * Their runner was taken down while it had them. Gives those that have done that too often: they are
   * settled, and the others are run elsewhere, each alone. `node`: that all of this was lost, where it was.
   */
  fell(runner: string, files: readonly string[], node?: number): readonly string[] {
    const held = files.filter((path) => this.counts(runner, path));
    const lost = new Set(this.#letGo(runner, held));
    for (const path of held) {
      const again = this.#outcomes.fell(path, node);
      if (this.#outcomes.isSettled(path)) this.#inHand.done(runner, path);
      // Else somebody has a copy of it.
      else if (lost.has(path)) this.#runAlone(again);
    }
    this.#change();
    return held.filter((path) => this.#outcomes.isSettled(path));
  }

  /** Nothing more is handed out. */
  end(): void {
    this.#over = true;
    this.#change();
  }

  /** ms of work that waits for each runner; undefined as long as nothing is known. */
  get waitingMs(): number | undefined {
    const { meanMs } = this.#durations;
    const sum = this.#line.expectedMs(meanMs ?? 0);
    return sum === 0 ? undefined : sum / Math.max(1, this.#crew.size);
  }

  /** ms that a process takes beside its tests; undefined where that is not known. */
  get startMs(): number | undefined {
    return this.#durations.startMs;
  }

  /** Runners that there were, those that have left among them. */
  get joined(): number {
    return this.#crew.joined;
  }

  /** What is known of the files' results. */
  get outcomes(): Pick<Outcomes, 'isSettled' | 'settled' | 'tooManyFailed'> {
    return this.#outcomes;
  }

  /** Files without a result that counts, in the order in which they would have come. */
  get unsettled(): readonly string[] {
    return this.files.paths.filter((path) => !this.#outcomes.isSettled(path));
  }

  #give(runner: string, files: readonly WaitingFile[], alone: boolean): Batch {
    this.#crew.takes(runner, files);
    const paths = files.map(({ path }) => path);
    const cancelled = this.#inHand.take(runner, paths);
    return { id: this.#batches++, files: paths, alone, cancelled };
  }

  /** A runner has these no more. Gives those that nobody else has. */
  #letGo(runner: string, files: readonly string[]): readonly string[] {
    const held = files.filter((path) => this.counts(runner, path));
    for (const path of held) this.#inHand.release(runner, path);
    this.#crew.drop(files, runner);
    return held.filter((path) => this.#inHand.holders(path) === 0);
  }

  #runAlone(again: readonly Again[]): void {
    for (const { path, not } of again) this.#line.putSingle(this.files.of(path), not);
  }

  /** Where nothing waits it is time to ask others about the last failures of single runners. */
  #lookAtLast(): void {
    if (this.#over || !this.#line.isEmpty) return;
    const idle = (runner: string) => !this.#crew.hasFiles(runner);
    this.#runAlone(this.#outcomes.lookAtLast({ idle, ms: (path) => this.files.expectedMs(path) ?? 0 }));
  }

  #change(): void {
    this.#lookAtLast();
    const settled = this.#outcomes.settled === this.files.size;
    // In an order of old a file may come more than once.
    this.#over ||= settled && (this.#line.isEmpty || !this.#options.order);
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers();
    resolve();
  }
}
