import type { Batch, WaitingFile } from '../hand-out/batch.ts';
import { HandOut } from '../hand-out/hand-out.ts';
import type { Judgement as RunnerJudgement } from '../hand-out/judgement.ts';
import { FileRuns } from '../results/file-runs.ts';
import type { Judgement, TakenDown } from '../results/judge.ts';
import { type FileResult, isBad, type RanWhere } from '../results/test-result.ts';
import { wholeFiles } from '../results/whole-files.ts';
import { type RanProcess, type Schedule, scheduleOf } from '../schedule/schedule.ts';
import { BrokenOnes } from './broken-ones.ts';
import { Course } from './course.ts';
import { copyInWords, doubtInWords, spentInWords, takedownsInWords } from './in-words.ts';
import { type SharedFailure, SharedFailures } from './shared-failures.ts';
import type { SuiteOptions } from './suite-options.ts';
import type { Telling } from './telling.ts';

/** A suite while it runs: the queue of its files, and what each of them has come to so far. */
export class Suite {
  readonly queue: HandOut;
  readonly course = new Course();
  readonly broken = new BrokenOnes();
  readonly #options: SuiteOptions;
  readonly #runs = new FileRuns();
  readonly #takedowns = new Map<string, string[]>();
  readonly #shared = new SharedFailures();
  #firstFailed: string | undefined;
  #hindered: string | undefined;
  #notRetried: string | undefined;

  constructor(files: readonly WaitingFile[], options: SuiteOptions) {
    this.#options = options;
    this.queue = new HandOut(files, {
      batches: options.batches,
      startMs: options.startMs,
      ...{ order: options.order, firstBatch: options.firstBatch },
      repetition: options.repetition,
      ...(options.copies && { copied: (path, runner) => options.note(copyInWords(path, runner)) }),
      judged: (judgement) => this.#judged(judgement),
    });
  }

  get telling(): Telling {
    return this.#options.telling;
  }

  /** A process of tests has ended, after `ended` or `fell` has said what came of its files. */
  processEnded(process: Pick<RanProcess, 'ran' | 'took'>): void {
    this.course.processEnded(process, (file, ran) => this.resultOf(file, ran));
  }

  get schedule(): Schedule | undefined {
    const files = this.#runs.all.map(({ durationMs }) => durationMs);
    return scheduleOf(this.course.processes, files, this.queue.joined);
  }

  /** The file whose failure ended the suite, where the first one is to do that. */
  get endedBy(): string | undefined {
    return this.#firstFailed;
  }

  /** Why files that failed were not run again, where so many did. */
  get notRetried(): string | undefined {
    return this.#notRetried;
  }

  /** Why nothing can be run, where that is known. */
  get hindered(): string | undefined {
    return this.#hindered;
  }

  /** Nothing is run any more. `why`: what hinders it. */
  hinder(why: string): void {
    this.#hindered ??= why;
    this.queue.end();
  }

  /** A runner begins a batch. */
  begin(runner: string, node: string, { files }: Pick<Batch, 'files'>): void {
    this.course.began(runner, files);
    this.#options.telling.began(runner, node, files);
  }

  /** A batch has ended by itself. `why`: what is told where only all of it together fails. */
  ended(ran: RanWhere, judged: Judgement, why: string): void {
    const counts = (file: string) => this.queue.counts(ran.runner, file);
    const { startMs } = judged;
    const apart = judged.apart.filter(counts);
    const counting = judged.results.filter(({ file }) => counts(file));
    const results = counting.map((result) => this.#withQuarantine({ ...result, ran }));
    for (const result of results) this.#runs.put(result);
    const ends = results.map((result) => ({
      ...{ path: result.file, passed: !isBad(result), took: result.durationMs },
    }));
    this.queue.ended(ran.runner, ends, startMs);
    if (apart.length > 0) {
      this.#shared.together(apart, why);
      this.queue.apart(ran.runner, apart);
    }
    for (const result of results) this.#tell(result);
    this.#tellIfNotRetried();
  }

  /** A batch's runner was taken down under it, or its node was lost. */
  fell(ran: RanWhere, files: readonly string[], { why, ofNode }: TakenDown, took: number): void {
    const counting = files.filter((file) => this.queue.counts(ran.runner, file));
    for (const file of counting) this.#takedowns.set(file, [...(this.#takedowns.get(file) ?? []), why]);
    const node = ofNode ? ran.node : undefined;
    for (const file of this.queue.fell(ran.runner, counting, node)) {
      const whys = this.#takedowns.get(file) ?? [];
      const message = takedownsInWords(whys);
      const result = { file, verdict: 'error', durationMs: took, tests: [], message, ran } as const;
      const final = this.#withQuarantine(result);
      this.#runs.put(final);
      this.#tell(final);
    }
  }

  /** What a file came to in this very process. */
  resultOf(file: string, ran: RanWhere): FileResult | undefined {
    return this.#runs.in(file, ran);
  }

  /** What each file came to; those that have no result have this one. */
  results(otherwise: Pick<FileResult, 'verdict' | 'message'>): readonly FileResult[] {
    const without = this.queue.unsettled.map(
      (file): FileResult => ({ file, durationMs: 0, tests: [], ...otherwise }),
    );
    const settled = this.#runs.files.flatMap((file) => this.#final(file) ?? []);
    const all = wholeFiles([...settled, ...without], (path) => this.queue.files.partOf(path)?.file ?? path);
    return all.toSorted((one, other) => (one.file < other.file ? -1 : 1));
  }

  /** What a process had set up for all its files could not be torn down when it had run the last one. */
  lateFailure(runner: string, why: string): void {
    this.#shared.late(runner, this.course.orders.get(runner)?.at(-1), why);
  }

  /** What failed in a process with several files, each of which passes in its own. */
  get togetherOnly(): readonly SharedFailure[] {
    return this.#shared.list((file) => this.#final(file)?.verdict === 'pass');
  }

  /** Its rules name files, also where this is of a part of one. */
  #withQuarantine(result: FileResult): FileResult {
    const file = this.queue.files.partOf(result.file)?.file ?? result.file;
    return { ...this.#options.quarantine.applied({ ...result, file }), file: result.file };
  }

  /** Undefined where nothing that counts is known of it. */
  #final(file: string): FileResult | undefined {
    if (!this.queue.outcomes.isSettled(file)) return undefined;
    const { repeated } = this.#options.repetition;
    return this.#runs.final(file, { broken: this.broken.runners, repeated });
  }

  #tell(result: FileResult): void {
    const { outcomes, files } = this.queue;
    const { telling, failFast } = this.#options;
    const final = this.#final(result.file);
    if (final?.verdict === 'fail' && failFast && this.#firstFailed === undefined) {
      this.#firstFailed = result.file;
      this.queue.end();
    }
    const again = [result.message, 'it is run once more'].filter(Boolean).join('; ');
    telling.result(final ?? { ...result, message: again }, { settled: outcomes.settled, files: files.size });
  }

  #tellIfNotRetried(): void {
    const { tooManyFailed } = this.queue.outcomes;
    if (tooManyFailed === undefined || this.#notRetried !== undefined) return;
    const { budget = 0 } = this.#options.repetition;
    this.#notRetried = spentInWords(tooManyFailed, this.queue.files.size, budget);
    this.#options.note(this.#notRetried);
  }

  #judged(judgement: RunnerJudgement): void {
    if (judgement.kind === 'cleared') return;
    if (judgement.kind === 'doubted') {
      this.#options.note(doubtInWords(judgement));
      return;
    }
    this.#options.note(this.broken.add(judgement));
    for (const runner of judgement.runners) this.queue.leave(runner);
  }
}
