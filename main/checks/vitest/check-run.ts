import { present } from '../../../common/present.ts';
import type { CheckResult, Verdict } from '../../../common/results.ts';
import type { CheckListener } from '../check.ts';
import type { FileEnded, ListedTest, TestEnded, Trouble } from './check-protocol.ts';
import { CheckResults } from './check-results.ts';
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

/** Why a file, or all, cannot go on. */
export interface Cause {
  readonly verdict: Exclude<Verdict, 'pass'>;
  /** For what runs; without a running test, for the file itself. */
  readonly message: string;
  /** For what has not run: what follows `not run: `. */
  readonly rest: string;
}

interface FileState {
  /** Of all its tests that are wanted; empty until it is loaded. */
  readonly pending: Map<string, ListedTest>;
  readonly running: Map<string, RunningTest>;
  /** Over, but Vitest's own word is still to come. */
  readonly over: Map<string, OverTest>;
  ended: boolean;
}

/**
 * What is known of the check files of one run: which has its turn, which tests run, and how they came out.
 * Only turns what is told to it into results; ignores what is told of a file that has ended.
 */
export class CheckRun {
  readonly #files: Map<string, FileState>;
  readonly #results: CheckResults;
  readonly #nodeLoss: (test: string, startedAt: number, endedAt?: number) => string | undefined;
  readonly #changed: () => void;
  #turnSince = 0;

  /**
   * `files` absolute and in order. `nodeLoss` gives the sentence about the node that a test lost while it
   * ran; `changed` is called when a file has ended.
   */
  constructor(options: {
    readonly files: readonly string[];
    readonly scenarioDirectory: string;
    readonly nodeLoss: (test: string, startedAt: number, endedAt?: number) => string | undefined;
    readonly changed: () => void;
  }) {
    this.#files = new Map(
      options.files.map((file) => [
        file,
        { pending: new Map(), running: new Map(), over: new Map(), ended: false },
      ]),
    );
    this.#results = new CheckResults(options.scenarioDirectory);
    this.#nodeLoss = options.nodeLoss;
    this.#changed = options.changed;
  }

  get results(): readonly CheckResult[] {
    return this.#results.all;
  }

  /** The file whose turn it is: the first that has not ended. */
  get turn(): string | undefined {
    return [...this.#files].find(([, state]) => !state.ended)?.[0];
  }

  running(file: string): readonly RunningTest[] {
    return [...(this.#files.get(file)?.running.values() ?? [])];
  }

  /** Tells this listener what happened until now and from now on. */
  listen(listener: CheckListener): void {
    this.#results.listen(listener);
  }

  collected(file: string, tests: readonly ListedTest[]): void {
    const state = this.#open(file);
    for (const test of tests) state?.pending.set(test.id, test);
  }

  started(file: string, test: RunningTest): void {
    const state = this.#open(file);
    if (state === undefined) return;
    // A retry begins anew, but it is the same check to the person.
    const retried = state.over.delete(test.id);
    if (!retried) this.#results.started(test.name);
    state.pending.set(test.id, test);
    state.running.set(test.id, test);
  }

  /** An attempt of a test is over; `problem` is what went wrong in it. */
  over(file: string, id: string, problem: string | undefined): void {
    const state = this.#open(file);
    const test = state?.running.get(id);
    if (state === undefined || test === undefined) return;
    state.running.delete(id);
    const durationMs = Math.ceil(performance.now() - test.startedAt);
    state.over.set(id, { ...test, durationMs, problem });
  }

  ended(test: TestEnded): void {
    const state = this.#open(test.file);
    if (state === undefined) return;
    const loss = this.#lossUnder(state.over.get(test.id) ?? state.running.get(test.id));
    for (const tests of [state.pending, state.running, state.over]) tests.delete(test.id);
    const common = { name: test.name, durationMs: test.durationMs, file: test.file };
    if (test.state === 'passed') this.#results.add({ ...common, verdict: 'pass' });
    else if (test.state === 'skipped') {
      this.#results.add({ ...common, verdict: 'skip', message: test.note ?? 'skipped' });
    } else {
      const trouble = test.trouble ?? { message: 'failed' };
      this.#results.addFailure(common, trouble, loss);
    }
  }

  /** The file has run to its end, or could not be loaded. */
  fileEnded({ file, tests, troubles }: FileEnded): void {
    const state = this.#open(file);
    if (state === undefined) return;
    const name = this.#results.shown(file);
    for (const trouble of troubles) {
      if (tests === 0) {
        const message = `the file could not be loaded: ${trouble.message}`;
        this.#results.add({ ...trouble, name, file, durationMs: 0, verdict: 'error', message });
      } else {
        const hook = { name: `hooks of ${trouble.suite ?? name}`, file, durationMs: 0 };
        this.#results.addFailure(hook, trouble, this.#nodeLoss('', this.#turnSince));
      }
    }
    this.#settleOver(file, state);
    if (tests === 0 && troubles.length === 0) {
      const message = "the file has no test; a check file calls test('…', async ({ cluster }) => { … })";
      this.#results.add({ name, file, durationMs: 0, verdict: 'error', message });
    }
    this.#close(file, state, { verdict: 'skip', message: 'not run' });
  }

  /** No file that has not ended can go on. */
  abandonAll(cause: Cause): void {
    for (const file of this.#files.keys()) this.abandon(file, cause);
  }

  /** The file cannot go on: what is over keeps its outcome, what runs gets the cause, the rest is `skip`. */
  abandon(file: string, { verdict, message, rest }: Cause): void {
    const state = this.#open(file);
    if (state === undefined) return;
    this.#settleOver(file, state);
    for (const test of state.running.values()) {
      state.pending.delete(test.id);
      const { name, startedAt } = test;
      const common = { name, file, durationMs: Math.round(performance.now() - startedAt) };
      const loss = this.#lossUnder(test);
      if (loss === undefined) this.#results.add({ ...common, verdict, message });
      else this.#results.addLost(common, loss, message);
    }
    const itself = { name: this.#results.shown(file), file, durationMs: 0, verdict, message };
    if (state.running.size === 0) this.#results.add(itself);
    this.#close(file, state, { verdict: 'skip', message: `not run: ${rest}` });
  }

  /** A mistake that belongs to no test, found after all had ended. */
  stray(trouble: Trouble): void {
    const during = trouble.during === undefined ? '' : ` in or after '${trouble.during}'`;
    const message = `an error that nothing caught${during}: ${trouble.message}`;
    const name =
      trouble.during ?? (trouble.file === undefined ? 'check files' : this.#results.shown(trouble.file));
    this.#results.add({
      name,
      durationMs: 0,
      verdict: 'fail',
      message,
      ...present({ file: trouble.file, detail: trouble.detail }),
    });
  }

  /**
   * Vitest's word on a test may be missing where its process had no time to
   * pass it on: what the test said counts.
   */
  #settleOver(file: string, state: FileState): void {
    for (const test of state.over.values()) {
      state.pending.delete(test.id);
      const { name, durationMs, problem } = test;
      const common = { name, file, durationMs };
      if (problem === undefined) this.#results.add({ ...common, verdict: 'pass' });
      else this.#results.addFailure(common, { message: plainMessage(problem) }, this.#lossUnder(test));
    }
    state.over.clear();
  }

  #lossUnder(test: RunningTest | OverTest | undefined): string | undefined {
    if (test === undefined) return undefined;
    const end = 'durationMs' in test ? test.startedAt + test.durationMs : undefined;
    return this.#nodeLoss(test.id, test.startedAt, end);
  }

  #open(file: string): FileState | undefined {
    const state = this.#files.get(file);
    return state?.ended === false ? state : undefined;
  }

  #close(
    file: string,
    state: FileState,
    unrun: { readonly verdict: Verdict; readonly message: string },
  ): void {
    for (const { name } of state.pending.values()) this.#results.add({ name, file, durationMs: 0, ...unrun });
    state.pending.clear();
    state.running.clear();
    state.over.clear();
    state.ended = true;
    this.#turnSince = performance.now();
    this.#changed();
  }
}
