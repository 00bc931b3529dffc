import type { TestResult } from './test-result.ts';

/** A test, as its framework's report has it, and all that is said there of where it belongs. */
export interface ReportedCase extends TestResult {
  /** Paths that may be its file's, the most likely first. */
  readonly places: readonly string[];
  /** Of JUnit XML; else empty. */
  readonly classname: string;
}
