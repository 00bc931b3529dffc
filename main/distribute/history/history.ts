import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { present } from '../../../common/present.ts';

/** What is known of one test file from earlier runs. */
export interface KnownFile {
  /** ms: a mean in which later runs count for more. */
  readonly ms: number;
  readonly runs: number;
  /** Whether it failed the last time. */
  readonly failed: boolean;
}

/** By path, relative to the project. */
export type History = Readonly<Record<string, KnownFile>>;

/** Where a project keeps what its distributions found out. */
export const historyFile = (directory: string): string =>
  join(directory, '.shakedown/distribute/history.json');

const schema = z.object({
  version: z.literal(1),
  startMs: z.number().min(0).exactOptional(),
  files: z.record(z.string(), z.object({ ms: z.number().min(0), runs: z.int().min(1), failed: z.boolean() })),
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

/** What a run found out of a file. */
export interface FoundOut {
  readonly file: string;
  /** Undefined where it was not run to its end. */
  readonly ms: number | undefined;
  /** Also where it was not run: `--only-failed` runs it again. */
  readonly failed: boolean;
}

/** The history with what a run found out. */
export function withRun(history: History, found: readonly FoundOut[]): History {
  const changed = found.flatMap(({ file, ms, failed }): (readonly [string, KnownFile])[] => {
    const before = history[file];
    if (ms === undefined) return before ? [[file, { ...before, failed }]] : [];
    const mean = before ? before.ms * (1 - weight) + ms * weight : ms;
    return [[file, { ms: Math.round(mean), runs: (before?.runs ?? 0) + 1, failed }]];
  });
  return { ...history, ...Object.fromEntries(changed) };
}

/** Writes what a run found out to what is there by now: another one may have ended meanwhile. */
export function addToHistory(file: string, found: readonly FoundOut[], start: number | undefined): void {
  const { files: before, startMs = start } = read(file);
  const files = withRun(before, found);
  const known = { version: 1, ...present({ startMs: start ?? startMs }), files };
  mkdirSync(dirname(file), { recursive: true });
  const aside = `${file}.${process.pid}`;
  writeFileSync(aside, `${JSON.stringify(known, undefined, 1)}\n`);
  renameSync(aside, file);
}
