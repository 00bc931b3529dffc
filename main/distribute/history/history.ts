import { present } from '../../../common/present.ts';
import { flakyTests } from '../results/flaky.ts';
import type { FileResult } from '../results/test-result.ts';

/** What is known of one test file from earlier runs. */
export interface KnownFile {
  /** ms: a mean in which later runs count for more. */
  readonly ms: number;
  readonly runs: number;
  /** Whether it failed the last time. */
  readonly failed: boolean;
  /** When it was last run, or was to be; ms since the epoch, 0 where that is not known. */
  readonly at?: number;
  /**
   * ms of each of its tests the last time, by its id, else its name, where it takes so
   * long that it may be run in parts.
   */
  readonly tests?: Readonly<Record<string, number>>;
  /** Its tests that failed and passed in one run, by their names; the file's own is empty. */
  readonly flaky?: Readonly<Record<string, Flickering>>;
}

/** How often a test was flaky. */
export interface Flickering {
  /** Days, as `2026-11-30`: the first time, and the last. */
  readonly since: string;
  readonly last: string;
  readonly times: number;
  /** How many runs of its file there were before the first time. */
  readonly runsBefore: number;
}

/** By path, relative to the project. */
export type History = Readonly<Record<string, KnownFile>>;

/** How much the newest run counts for in the mean. */
const weight = 0.4;

/** The history with the results of a run. */
export function withRun(history: History, results: readonly FileResult[], at: number): History {
  const long = (remembered * results.reduce((sum, { durationMs }) => sum + durationMs, 0)) / 100;
  const day = new Date(at).toISOString().slice(0, 10);
  const changed = results.flatMap((result): (readonly [string, KnownFile])[] => {
    const before = history[result.file];
    // Also where it was not run: `--only-failed` runs it again.
    const failed = result.verdict !== 'pass';
    if (!ranToItsEnd(result)) return before ? [[result.file, { ...before, failed, at }]] : [];
    const ms = before ? before.ms * (1 - weight) + result.durationMs * weight : result.durationMs;
    const runs = (before?.runs ?? 0) + 1;
    const flaky = withFlickers(before, result, day);
    const tests = result.durationMs >= long ? timesOf(result) : undefined;
    return [[result.file, { ms: Math.round(ms), runs, failed, at, ...present({ tests, flaky }) }]];
  });
  return { ...history, ...Object.fromEntries(changed) };
}

/** Percent of the suite's time from which on a file's tests are remembered. */
const remembered = 1;

function timesOf({ tests }: FileResult): Readonly<Record<string, number>> | undefined {
  if (tests.length < 2) return undefined;
  const byId = Map.groupBy(tests, ({ id, name }) => id ?? name);
  return Object.fromEntries(
    [...byId].map(([id, some]) => [id, some.reduce((sum, { durationMs }) => sum + durationMs, 0)]),
  );
}

const ranToItsEnd = ({ verdict, quarantined, ran }: FileResult): boolean =>
  ran !== undefined && ['pass', 'fail'].includes(quarantined?.verdict ?? verdict);

function withFlickers(
  before: KnownFile | undefined,
  result: FileResult,
  day: string,
): KnownFile['flaky'] | undefined {
  const now = flakyTests(result).map(({ test = '' }): readonly [string, Flickering] => {
    const known = before?.flaky?.[test];
    const { since = day, times = 0, runsBefore = before?.runs ?? 0 } = known ?? {};
    return [test, { since, last: day, times: times + 1, runsBefore }];
  });
  return now.length === 0 ? before?.flaky : { ...before?.flaky, ...Object.fromEntries(now) };
}
