import type { Verdict } from '../../../common/results.ts';

/** Tests whose failures do not count for a while: they are run, and what they come to is shown. */
export interface QuarantineRule {
  /** A test file, or a glob; any where none is told. */
  readonly file?: string;
  /** A test's full name within its file; all of the file where none is told. */
  readonly test?: string;
  /** Who is to mend it. */
  readonly owner: string;
  /** The last day on which it holds: `2026-12-31`. */
  readonly until: string;
  readonly reason: string;
}

/** A failure that did not count. */
export interface QuarantinedFailure {
  readonly rule: QuarantineRule;
  readonly verdict: Verdict;
}

/** As a person reads it: `spec/a_spec.rb: adds`. */
export const nameOfRule = ({ file, test }: QuarantineRule): string => [file, test].filter(Boolean).join(': ');
