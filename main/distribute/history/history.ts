import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';

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
  files: z.record(z.string(), z.object({ ms: z.number().min(0), runs: z.int().min(1), failed: z.boolean() })),
});

/** How much the newest run counts for in the mean. */
const weight = 0.4;

/** The history in a file; nothing where there is none, or it cannot be understood. */
export function readHistory(file: string): History {
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8'))).files;
  } catch {
    return {};
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
export function addToHistory(file: string, found: readonly FoundOut[]): void {
  const files = withRun(readHistory(file), found);
  mkdirSync(dirname(file), { recursive: true });
  const aside = `${file}.${process.pid}`;
  writeFileSync(aside, `${JSON.stringify({ version: 1, files }, undefined, 1)}\n`);
  renameSync(aside, file);
}
