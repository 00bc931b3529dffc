import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
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

/** Where a project keeps what its distributions found out. */
export const historyFile = (directory: string): string =>
  join(directory, '.shakedown/distribute/history.json');

const schema = z.object({
  version: z.literal(1),
  startMs: z.number().min(0).exactOptional(),
  files: z.record(
    z.string(),
    z.object({
      ...{ ms: z.number().min(0), runs: z.int().min(1), failed: z.boolean() },
      flaky: z
        .record(
          z.string(),
          z.object({
            since: z.string(),
            last: z.string(),
            times: z.int().min(1),
            runsBefore: z.int().min(0),
          }),
        )
        .exactOptional(),
    }),
  ),
});

/** How much the newest run counts for in the mean. */
const weight = 0.4;

/** The history in a file; nothing where there is none, or it cannot be understood. */
export const readHistory = (file: string): History => read(file).files;

/** ms that a process of tests took beside them the last time; undefined where that is not known. */
export const readStart = (file: string): number | undefined => read(file).startMs;

function read(file: string): { readonly files: History; readonly startMs?: number } {
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return { files: {} };
  }
}

/** What a run found out beside its results. */
export interface FoundOut {
  /** ms that a process of tests takes beside them; undefined where that is not known. */
  readonly startMs: number | undefined;
  /** ms since the epoch. */
  readonly at: number;
}

/** The history with the results of a run. */
export function withRun(history: History, results: readonly FileResult[], at: number): History {
  const day = new Date(at).toISOString().slice(0, 10);
  const changed = results.flatMap((result): (readonly [string, KnownFile])[] => {
    const before = history[result.file];
    // Also where it was not run: `--only-failed` runs it again.
    const failed = result.verdict !== 'pass';
    if (!ranToItsEnd(result)) return before ? [[result.file, { ...before, failed }]] : [];
    const ms = before ? before.ms * (1 - weight) + result.durationMs * weight : result.durationMs;
    const runs = (before?.runs ?? 0) + 1;
    const flaky = withFlickers(before, result, day);
    return [[result.file, { ms: Math.round(ms), runs, failed, ...present({ flaky }) }]];
  });
  return { ...history, ...Object.fromEntries(changed) };
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

/** Writes what a run found out to what is there by now: another one may have ended meanwhile. */
export function addToHistory(file: string, results: readonly FileResult[], found: FoundOut): History {
  const { files: before, startMs = found.startMs } = read(file);
  const files = withRun(before, results, found.at);
  const known = { version: 1, ...present({ startMs: found.startMs ?? startMs }), files };
  mkdirSync(dirname(file), { recursive: true });
  const aside = `${file}.${process.pid}`;
  writeFileSync(aside, `${JSON.stringify(known, undefined, 1)}\n`);
  renameSync(aside, file);
  return files;
}
