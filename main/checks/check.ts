import type { CheckResult } from '../../common/results.ts';
import type { ClusterUnderTest } from '../cluster/cluster-under-test.ts';

/** Hears of checks as they begin and come out, while they run. */
export interface CheckListener {
  started(name: string): void;
  ended(check: CheckResult): void;
  /** What a test of a check file printed, as it comes; `name` is empty outside of tests. */
  output?(name: string, text: string): void;
}

/** One declared assertion. Never throws: what goes wrong is in the result. */
export interface Check {
  readonly name: string;
  readonly kind: string;
  run(target: ClusterUnderTest, options: { readonly signal: AbortSignal }): Promise<readonly CheckResult[]>;
}
