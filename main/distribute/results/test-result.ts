import type { Verdict } from '../../../common/results.ts';

/** One test, as its framework reported it. */
export interface TestResult {
  /** Its full name within its file: the names of its suites and its own. */
  readonly name: string;
  readonly verdict: Verdict;
  /** ms */
  readonly durationMs: number;
  /** One paragraph: what went wrong. */
  readonly message?: string;
  /** Longer evidence: a diff, a stack. */
  readonly detail?: string;
}

/** What became of one test file, wherever it ran. */
export interface FileResult {
  /** Relative to the project. */
  readonly file: string;
  /** `skip`: it was not run, for the run was over before. */
  readonly verdict: Verdict;
  /** ms; the file's part of its process where that ran several. */
  readonly durationMs: number;
  /** In the order of the report; empty where the framework told of none. */
  readonly tests: readonly TestResult[];
  /** What went wrong beside its tests. */
  readonly message?: string;
  /** Where it ran; absent when it did not. */
  readonly ran?: RanWhere;
}

export interface RanWhere {
  readonly node: number;
  readonly runner: string;
  /** ms since the epoch. */
  readonly startedAt: number;
  /** All the files of its process, in their order. */
  readonly with: readonly string[];
  /** The output of its process, relative to the run's directory. */
  readonly output: string;
}
