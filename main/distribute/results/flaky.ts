import { type FileResult, type FileRun, isBad } from './test-result.ts';

/** A test, or a file whose framework tells of none, that failed and passed in one run. */
export interface FlakyTest {
  readonly file: string;
  /** Absent for the file as a whole. */
  readonly test?: string;
  /** How often it failed, and how often it was run. */
  readonly failed: number;
  readonly of: number;
  /** What it said when it failed. */
  readonly message?: string;
}

/** The flaky tests of a file; the file itself where no test explains it. */
export function flakyTests(result: FileResult): readonly FlakyTest[] {
  if (!result.flaky) return [];
  const { file, others = [] } = result;
  const runs: readonly FileRun[] = [...others, result];
  const names = new Set(runs.flatMap(({ tests }) => tests.map(({ name }) => name)));
  const tests = [...names].flatMap((name): readonly FlakyTest[] => {
    const own = runs.flatMap((run) => run.tests.filter((test) => test.name === name));
    const bad = own.filter(isBad);
    if (bad.length === 0 || bad.length === own.length) return [];
    return [{ file, test: name, failed: bad.length, of: own.length, ...why(bad) }];
  });
  if (tests.length > 0) return tests;
  const bad = runs.filter(isBad);
  return [{ file, failed: bad.length, of: runs.length, ...why(bad) }];
}

const why = (bad: readonly Pick<FileRun, 'message'>[]): Pick<FlakyTest, 'message'> => {
  const message = bad.find((each) => each.message !== undefined)?.message;
  return message === undefined ? {} : { message };
};
