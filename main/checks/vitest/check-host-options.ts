import type { CheckResult } from '../../../common/results.ts';
import type { ClusterUnderTest } from '../../cluster/cluster-under-test.ts';
import type { CheckListener } from '../check.ts';

export interface CheckHostOptions {
  /** Check files, absolute; they run one after another in the order of their names. */
  readonly files: readonly string[];
  readonly scenarioDirectory: string;
  /** Where `checks.log` goes. */
  readonly runDirectory: string;
  /** Only tests whose full name (`suite > test`) holds this, whatever the case. */
  readonly filter?: string;
  /** Seconds that one test has, unless it says otherwise. */
  readonly testTimeout: number;
  /** Seconds that one file has to be loaded, once it is its turn; 60 unless told. */
  readonly loadTimeout?: number;
  /** Ends the host when aborted. */
  readonly signal: AbortSignal;
  readonly log: (message: string) => void;
  /** Takes out of a text what `checks.log` must not hold. */
  readonly mask?: (text: string) => string;
}

/** Vitest in a process of its own, which loads the check files while the nodes are being prepared. */
export interface CheckHost extends AsyncDisposable {
  /**
   * The names of all tests, once all files are loaded and no test of them is wanted: before there is a
   * cluster, if it is soon known. Never resolves where there is one to run, or a file that cannot be loaded.
   */
  readonly noneWanted: Promise<readonly string[]>;
  /**
   * Serves this cluster and runs the tests; results go to the listener as they come. Resolves when
   * all have come out, when `timeout` (seconds, for all of them) is reached, or when `signal` is
   * aborted; never rejects. May be called once.
   */
  run(
    cluster: ClusterUnderTest,
    listener: CheckListener,
    options: { readonly signal: AbortSignal; readonly timeout: number },
  ): Promise<readonly CheckResult[]>;
}
