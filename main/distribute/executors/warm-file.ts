import type { PartOfFile } from '../hand-out/batch.ts';
import { byFile } from '../results/by-file.ts';
import { type JudgedFile, takenDownBy, wrongWith } from '../results/judge.ts';
import type { ReportedCase } from '../results/reported-case.ts';
import { isBad, type RanWhere, toTenth } from '../results/test-result.ts';
import { LoggedOutput } from './logged-output.ts';
import { putDown } from './put-down.ts';
import type { ProcessEnd } from './start-process.ts';
import type { WarmCase } from './warm-message.ts';
import type { Place } from './work.ts';

/** A file that a warm process was told of, with what is known of it so far. */
export class WarmFile {
  readonly path: string;
  readonly output: LoggedOutput;
  readonly #place: Place;
  readonly #cases: ReportedCase[] = [];
  #ran: RanWhere | undefined;
  #begin = 0;

  /** `name`: of the file for its output. */
  constructor(path: string, name: string, place: Place) {
    this.path = path;
    this.output = new LoggedOutput(name, path, place);
    this.#place = place;
  }

  /** `process`: which of the runner's processes runs it. */
  begin(process: number): void {
    const { seat, runner, work } = this.#place;
    this.#begin = performance.now();
    this.#ran = {
      ...{ node: seat.id, runner: runner.id, startedAt: work.clock(), with: [this.path] },
      ...{ output: this.output.kept.path, process },
    };
    work.suite.begin(runner.id, seat.name, { files: [this.path] });
  }

  /** Where it is only some tests of a file. */
  get part(): PartOfFile | undefined {
    return this.#place.work.suite.queue.files.partOf(this.path);
  }

  /** ms since it was begun. */
  get sinceBegin(): number {
    return performance.now() - this.#begin;
  }

  add({ ms, message, detail, ...test }: WarmCase): void {
    const said = { ...(message && { message }), ...(detail && { detail }) };
    this.#cases.push({ ...test, ...said, durationMs: Math.round(ms), places: [this.path] });
  }

  /** It ended after so many ms. `wrong`: what went wrong beside its tests. */
  async settle(ms: number, wrong: string | undefined): Promise<void> {
    const judged = { results: [this.#judged(ms, wrong)], apart: [] };
    await this.#ended(ms, (ran) => putDown({ ran, judged, why: wrong ?? '', took: ms }, this.#place));
  }

  /**
   * Only a process of its own can tell what comes of it. `why`: what is told where it passes there, for then
   * it fails because of others; undefined where that is no failure.
   */
  async runApart(ms: number, why?: string): Promise<void> {
    const { suite } = this.#place.work;
    await this.#ended(ms, async (ran) => {
      if (why === undefined) suite.queue.apart(ran.runner, [this.path]);
      else await putDown({ ran, judged: { results: [], apart: [this.path] }, why, took: ms }, this.#place);
    });
  }

  /** Its process ended with it. `own`: it would end like this again, for no other file ran in it. */
  async processEnded(how: ProcessEnd['how'], own: boolean): Promise<void> {
    const ms = this.sinceBegin;
    const wrong = wrongWith(how);
    if (how.kind === 'late' || how.kind === 'silent') await this.settle(ms, wrong);
    if (how.kind === 'exit') {
      const why = `its process exits with ${how.code}`;
      await (own ? this.settle(ms, `${why}, and not all of its tests have ended`) : this.runApart(ms, why));
    }
    // It is that file's only if it has that much alone, too.
    if (how.kind === 'memory') await (own ? this.settle(ms, wrong) : this.runApart(ms));
    const { seat, work } = this.#place;
    const fell = takenDownBy(how, seat.name);
    if (fell === undefined) return;
    await this.#ended(ms, (ran) => work.suite.fell(ran, [this.path], fell, Math.round(ms)));
  }

  async #ended(ms: number, tell: (ran: RanWhere) => Promise<void> | void): Promise<void> {
    const ran = this.#ran;
    if (!ran) return;
    await this.output.whole;
    await tell(ran);
    const took = toTenth(ms);
    const { suite, processEnded } = this.#place.work;
    suite.processEnded({ ran, took });
    processEnded(ran, { how: { kind: 'exit', code: 0 }, took, left: [] }, this.output.kept);
  }

  #judged(ms: number, wrong: string | undefined): JudgedFile {
    const tests = byFile(this.#cases, [this.path], this.#place.seat.project).tests.get(this.path) ?? [];
    const verdict = wrong !== undefined || tests.some(isBad) ? 'fail' : 'pass';
    const durationMs = Math.max(0.1, toTenth(ms));
    return { file: this.path, verdict, durationMs, tests, ...(wrong !== undefined && { message: wrong }) };
  }
}
