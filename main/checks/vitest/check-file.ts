import type { CheckResult, Verdict } from '../../../common/results.ts';
import type { ListedTest, TestEnded } from './check-protocol.ts';
import type { CheckResults } from './check-results.ts';
import { plainMessage } from './plain-message.ts';

/** A test of a file that has begun and not ended. */
export interface RunningTest extends ListedTest {
  readonly startedAt: number;
  /** ms; 0 for none. */
  readonly timeoutMs: number;
}

interface OverTest extends RunningTest {
  readonly durationMs: number;
  readonly problem: string | undefined;
}

/** Gives the sentence about the node that a test lost while it ran. */
export type NodeLoss = (test: string, startedAt: number, endedAt?: number) => string | undefined;

/** The tests of one check file: which are still to run, which run, which are over, and how they came out. */
export class CheckFile {
  /** Absolute. */
  readonly #path: string;
  readonly #results: CheckResults;
  readonly #nodeLoss: NodeLoss;
  /** All its tests that are wanted; empty until it is loaded. */
  readonly #pending = new Map<string, ListedTest>();
  readonly #running = new Map<string, RunningTest>();
  /** Over, but Vitest's own word is still to come. */
  readonly #over = new Map<string, OverTest>();
  #ended = false;

  constructor(path: string, results: CheckResults, nodeLoss: NodeLoss) {
    this.#path = path;
    this.#results = results;
    this.#nodeLoss = nodeLoss;
  }

  get ended(): boolean {
    return this.#ended;
  }

  get running(): readonly RunningTest[] {
    return [...this.#running.values()];
  }

  collected(tests: readonly ListedTest[]): void {
    for (const test of tests) this.#pending.set(test.id, test);
  }

  started(test: RunningTest): void {
    // A retry begins anew, but it is the same check to the person.
    const retried = this.#over.delete(test.id);
    if (!retried) this.#results.started(test.name);
    this.#pending.set(test.id, test);
    this.#running.set(test.id, test);
  }

  /** An attempt of a test is over; `problem` is what went wrong in it. */
  over(id: string, problem: string | undefined): void {
    const test = this.#running.get(id);
    if (test === undefined) return;
    this.#running.delete(id);
    const durationMs = Math.ceil(performance.now() - test.startedAt);
    this.#over.set(id, { ...test, durationMs, problem });
  }

  /** Vitest's word on a test. */
  testEnded({ id, name, durationMs, state, note, trouble = { message: 'failed' } }: TestEnded): void {
    const loss = this.#lossUnder(this.#over.get(id) ?? this.#running.get(id));
    for (const tests of [this.#pending, this.#running, this.#over]) tests.delete(id);
    const common = { name, durationMs, file: this.#path };
    if (state === 'passed') this.#results.add({ ...common, verdict: 'pass' });
    else if (state === 'skipped')
      this.#results.add({ ...common, verdict: 'skip', message: note ?? 'skipped' });
    else this.#results.addFailure(common, trouble, loss);
  }

  /**
   * Vitest's word on a test may be missing where its process had no time to
   * pass it on: what the test said counts.
   */
  settleOver(): void {
    for (const test of this.#over.values()) {
      this.#pending.delete(test.id);
      const { name, durationMs, problem } = test;
      const common = { name, file: this.#path, durationMs };
      if (problem === undefined) this.#results.add({ ...common, verdict: 'pass' });
      else this.#results.addFailure(common, { message: plainMessage(problem) }, this.#lossUnder(test));
    }
    this.#over.clear();
  }

  /** What runs ends so, or with the loss of a node. False where nothing runs. */
  breakOff(outcome: Pick<CheckResult, 'verdict'> & { readonly message: string }): boolean {
    for (const test of this.#running.values()) {
      this.#pending.delete(test.id);
      const { name, startedAt } = test;
      const common = { name, file: this.#path, durationMs: Math.round(performance.now() - startedAt) };
      const loss = this.#lossUnder(test);
      if (loss === undefined) this.#results.add({ ...common, ...outcome });
      else this.#results.addLost(common, loss, outcome.message);
    }
    return this.#running.size > 0;
  }

  /** Nothing more of it counts; what has not run comes out so. */
  close(unrun: { readonly verdict: Verdict; readonly message: string }): void {
    for (const { name } of this.#pending.values())
      this.#results.add({ name, file: this.#path, durationMs: 0, ...unrun });
    for (const tests of [this.#pending, this.#running, this.#over]) tests.clear();
    this.#ended = true;
  }

  #lossUnder(test: RunningTest | OverTest | undefined): string | undefined {
    if (test === undefined) return undefined;
    const end = 'durationMs' in test ? test.startedAt + test.durationMs : undefined;
    return this.#nodeLoss(test.id, test.startedAt, end);
  }
}
