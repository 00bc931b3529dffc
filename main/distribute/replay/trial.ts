import { ShakedownError } from '../../../common/errors.ts';
import { once } from '../hand-out/attempts.ts';
import { Quarantine } from '../results/quarantine.ts';
import { isBad } from '../results/test-result.ts';
import type { Distribution } from '../suite/distribution.ts';
import { Suite } from '../suite/suite.ts';
import { silent } from '../suite/telling.ts';
import type { FailedTest } from './find-test.ts';

/** Runs a suite on the node. */
export type RunSuiteHere = (suite: Suite) => Promise<void>;

/** Runs a test after some of the files that came before it, in their order and their processes. */
export class Trials {
  readonly #test: FailedTest;
  readonly #distribution: Distribution;
  readonly #run: RunSuiteHere;
  #batches = 0;
  #trials = 0;

  constructor(test: FailedTest, distribution: Distribution, run: RunSuiteHere) {
    this.#test = test;
    this.#distribution = distribution;
    this.#run = run;
  }

  get count(): number {
    return this.#trials;
  }

  /** The files that came before the test, each once, in their order. */
  get before(): readonly string[] {
    const { file, order } = this.#test;
    return [...new Set(order.batches.flat())].filter((path) => path !== file);
  }

  /** Whether the test fails after these. Throws ShakedownError where that is not found out. */
  async fails(before: readonly string[]): Promise<boolean> {
    const { file, test } = this.#test;
    const suite = this.#suite(this.#batchesWith(before));
    this.#trials += 1;
    await this.#run(suite);
    const result = suite.results({ verdict: 'error', message: '' }).find((each) => each.file === file);
    if (!result?.ran) {
      throw new ShakedownError({
        message: `${file} was not run to its end: what breaks it cannot be found out`,
      });
    }
    if (suite.togetherOnly.some(({ files }) => files.includes(file))) return true;
    const own = test === undefined ? undefined : result.tests.find(({ name }) => name === test);
    return isBad(own ?? result);
  }

  #suite(order: readonly (readonly string[])[]): Suite {
    const paths = new Set(order.flat());
    const files = this.#distribution.files.filter(({ path }) => paths.has(path));
    const { batches } = this.#distribution.command;
    const firstBatch = this.#batches;
    // Those of which all files failed in one process are then run one by one.
    this.#batches += order.length + paths.size;
    return new Suite(files, {
      ...{ batches, startMs: undefined, order, firstBatch, telling: silent, failFast: false },
      ...{ repetition: once, quarantine: new Quarantine([], '', []), note: () => undefined },
    });
  }

  #batchesWith(before: readonly string[]): readonly (readonly string[])[] {
    const { file, order } = this.#test;
    const wanted = new Set(before);
    const last = order.batches.length - 1;
    return order.batches
      .map((batch, index) => batch.filter((path) => wanted.has(path) || (path === file && index === last)))
      .filter((batch) => batch.length > 0);
  }
}
