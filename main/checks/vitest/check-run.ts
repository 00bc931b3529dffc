import { present } from '../../../common/present.ts';
import type { CheckResult, Verdict } from '../../../common/results.ts';
import type { CheckListener } from '../check.ts';
import { CheckFile, type NodeLoss, type RunningTest } from './check-file.ts';
import type { FileEnded, ListedTest, TestEnded, Trouble } from './check-protocol.ts';
import { CheckResults } from './check-results.ts';

/** Why a file, or all, cannot go on. */
export interface Cause {
  readonly verdict: Exclude<Verdict, 'pass'>;
  /** For what runs; without a running test, for the file itself. */
  readonly message: string;
  /** For what has not run: what follows `not run: `. */
  readonly rest: string;
}

/**
 * What is known of the check files of one run: which has its turn, which tests run, and how they came out.
 * Only turns what is told to it into results; ignores what is told of a file that has ended.
 */
export class CheckRun {
  readonly #files: Map<string, CheckFile>;
  readonly #results: CheckResults;
  readonly #nodeLoss: NodeLoss;
  readonly #changed: () => void;
  readonly #unwanted: string[] = [];
  #turnSince = 0;

  /**
   * `files` absolute and in order. `changed` is called when a file has ended.
   */
  constructor(options: {
    readonly files: readonly string[];
    readonly scenarioDirectory: string;
    readonly nodeLoss: NodeLoss;
    readonly changed: () => void;
  }) {
    const { files, scenarioDirectory, nodeLoss } = options;
    this.#results = new CheckResults(scenarioDirectory);
    this.#nodeLoss = nodeLoss;
    this.#files = new Map(files.map((file) => [file, new CheckFile(file, this.#results, nodeLoss)]));
    this.#changed = options.changed;
  }

  get results(): readonly CheckResult[] {
    return this.#results.all;
  }

  /** The names of tests that are not to run, of the files that have ended. */
  get unwanted(): readonly string[] {
    return this.#unwanted;
  }

  /** The file whose turn it is: the first that has not ended. */
  get turn(): string | undefined {
    return [...this.#files].find(([, { ended }]) => !ended)?.[0];
  }

  running(file: string): readonly RunningTest[] {
    return this.#files.get(file)?.running ?? [];
  }

  /** Tells this listener what happened until now and from now on. */
  listen(listener: CheckListener): void {
    this.#results.listen(listener);
  }

  collected(file: string, tests: readonly ListedTest[]): void {
    this.#open(file)?.collected(tests);
  }

  started(file: string, test: RunningTest): void {
    this.#open(file)?.started(test);
  }

  /** An attempt of a test is over; `problem` is what went wrong in it. */
  over(file: string, id: string, problem: string | undefined): void {
    this.#open(file)?.over(id, problem);
  }

  ended(test: TestEnded): void {
    this.#open(test.file)?.testEnded(test);
  }

  /** The file has run to its end, or could not be loaded. */
  fileEnded({ file, tests, unwanted, troubles }: FileEnded): void {
    const open = this.#open(file);
    if (open === undefined) return;
    this.#unwanted.push(...unwanted);
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
    open.settleOver();
    if (tests === 0 && troubles.length === 0) {
      const message = "the file has no test; a check file calls test('…', async ({ cluster }) => { … })";
      this.#results.add({ name, file, durationMs: 0, verdict: 'error', message });
    }
    this.#close(open, 'not run');
  }

  /** No file that has not ended can go on. */
  abandonAll(cause: Cause): void {
    for (const file of this.#files.keys()) this.abandon(file, cause);
  }

  /** The file cannot go on: what is over keeps its outcome, what runs gets the cause, the rest is `skip`. */
  abandon(file: string, { verdict, message, rest }: Cause): void {
    const open = this.#open(file);
    if (open === undefined) return;
    open.settleOver();
    if (!open.breakOff({ verdict, message }))
      this.#results.add({ name: this.#results.shown(file), file, durationMs: 0, verdict, message });
    this.#close(open, `not run: ${rest}`);
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

  #open(file: string): CheckFile | undefined {
    const known = this.#files.get(file);
    return known?.ended === false ? known : undefined;
  }

  #close(file: CheckFile, message: string): void {
    file.close({ verdict: 'skip', message });
    this.#turnSince = performance.now();
    this.#changed();
  }
}
