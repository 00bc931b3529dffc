import type { Verdict } from '../../../common/results.ts';
import type { QuarantinedFailure } from './quarantine-rule.ts';

/** One test, as its framework reported it. */
export interface TestResult {
  /** Its full name within its file: the names of its suites and its own. */
  readonly name: string;
  /** What its framework calls it to run it by itself, where that is another text. */
  readonly id?: string;
  /** The number at the end of its name, where others of its file have the same name. */
  readonly twin?: number;
  readonly verdict: Verdict;
  /** ms */
  readonly durationMs: number;
  /** One paragraph: what went wrong. */
  readonly message?: string;
  /** Longer evidence: a diff, a stack. */
  readonly detail?: string;
  /** It failed, which does not count: its verdict is `skip`. */
  readonly quarantined?: QuarantinedFailure;
}

/** What became of one test file, wherever it ran. */
export interface FileResult {
  /** Relative to the project. */
  readonly file: string;
  /** `skip`: it was not run, for the run was over before; or its failure does not count. */
  readonly verdict: Verdict;
  /** ms; the file's part of its process where that ran several. */
  readonly durationMs: number;
  /** In the order of the report; empty where the framework told of none. */
  readonly tests: readonly TestResult[];
  /** What went wrong beside its tests. */
  readonly message?: string;
  /** It failed, which does not count. */
  readonly quarantined?: QuarantinedFailure;
  /** Where it ran; absent when it did not. */
  readonly ran?: RanWhere;
  /** What it came to the other times, where it was run more than once. */
  readonly others?: readonly FileRun[];
  /** It failed and passed in one and the same run. */
  readonly flaky?: true;
}

/** What a file came to in one of its processes. */
export type FileRun = Pick<FileResult, 'verdict' | 'durationMs' | 'tests' | 'message' | 'ran'>;

/**
 * ms to a tenth: of thousands of files that take one or two each, whole ones would lose a tenth of the time.
 */
export const toTenth = (ms: number): number => Math.round(10 * ms) / 10;

/** Whether it did not come out well. */
export const isBad = ({ verdict }: { readonly verdict: Verdict }): boolean =>
  verdict === 'fail' || verdict === 'error';

export interface RanWhere {
  readonly node: number;
  readonly runner: string;
  /** ms since the epoch. */
  readonly startedAt: number;
  /**
   * The files that ran together, in their order, of which one result was made: those of its process, or only
   * this one in a process that stays.
   */
  readonly with: readonly string[];
  /** The number of the runner's process that stays, from 0; absent where its process ended with it. */
  readonly process?: number;
  /** The output of its process, relative to the run's directory. */
  readonly output: string;
}
