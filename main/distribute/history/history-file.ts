import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UsageError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import { replaceFile } from '../../store/replace-file.ts';
import type { FileResult } from '../results/test-result.ts';
import { type History, withRun } from './history.ts';
import { combined, merged, type Origins, startOf } from './merge.ts';

/** Where a project keeps what its distributions found out. */
export const historyFile = (directory: string): string =>
  join(directory, '.shakedown/distribute/history.json');

const flickering = z.object({
  ...{ since: z.string(), last: z.string(), times: z.int().min(1), runsBefore: z.int().min(0) },
});

const files = z.record(
  z.string(),
  z.object({
    ...{ ms: z.number().min(0), runs: z.int().min(1), failed: z.boolean() },
    at: z.number().min(0).exactOptional(),
    tests: z.record(z.string(), z.number().min(0)).exactOptional(),
    flaky: z.record(z.string(), flickering).exactOptional(),
  }),
);

const startMs = z.number().min(0).exactOptional();

export const originsSchema = z.record(z.string(), z.object({ startMs, at: z.number().min(0), files }));

const schema = z.discriminatedUnion('version', [
  z.object({ version: z.literal(1), startMs, files }),
  z.object({
    version: z.literal(2),
    /** The one to which this file's runs add. */
    origin: z.string().min(1),
    origins: originsSchema,
  }),
]);

/** A project's history, as it lies in a file. */
interface Kept {
  readonly origin: string;
  readonly origins: Origins;
}

/** All that runs have found out. */
export interface Known {
  readonly history: History;
  /** ms that a process of tests took beside them the last time; undefined where that is not known. */
  readonly startMs: number | undefined;
}

/** What is known by a file; nothing where there is none, or it cannot be understood. */
export function readKnown(file: string): Known {
  const { origins } = read(file);
  return { history: combined(origins), startMs: startOf(origins) };
}

/** The history in a file. */
export const readHistory = (file: string): History => readKnown(file).history;

/** What runs have found out here, and not elsewhere. */
export function foundOutHere(file: string): Origins {
  const { origin, origins } = read(file);
  const own = origins[origin];
  return own ? { [origin]: own } : {};
}

function read(file: string): Kept {
  try {
    return keptIn(readFileSync(file, 'utf8'));
  } catch {
    return { origin: randomBytes(4).toString('hex'), origins: {} };
  }
}

function keptIn(text: string): Kept {
  const kept = schema.parse(JSON.parse(text));
  if (kept.version === 2) return kept;
  // Copies of one file are of one place.
  const origin = createHash('sha256').update(text).digest('hex').slice(0, 8);
  return {
    origin,
    origins: { [origin]: { at: 0, ...present({ startMs: kept.startMs }), files: kept.files } },
  };
}

/** What a run found out beside its results. */
export interface FoundOut {
  /** ms that a process of tests takes beside them; undefined where that is not known. */
  readonly startMs: number | undefined;
  /** ms since the epoch. */
  readonly at: number;
}

/** Writes what a run found out to what is there by now: another one may have ended meanwhile. */
export function addToHistory(file: string, results: readonly FileResult[], found: FoundOut): History {
  const { origin, origins } = read(file);
  const { files: before = {}, startMs = found.startMs } = origins[origin] ?? {};
  const own = {
    ...present({ startMs: found.startMs ?? startMs }),
    ...{ at: found.at, files: withRun(before, results, found.at) },
  };
  const all = { ...origins, [origin]: own };
  write(file, { origin, origins: all });
  return combined(all);
}

/** How many files a history knows, and how many of them it did not before. */
export interface MergedHistory {
  readonly files: number;
  readonly more: number;
}

/** Adds what is known elsewhere to the history in `file`, which need not be there yet. */
export function addOrigins(file: string, others: Origins): void {
  const { origin, origins } = read(file);
  write(file, { origin, origins: merged(origins, others) });
}

/**
 * Adds what other histories know to the one in `file`, which need not be there yet. Throws UsageError that
 * names the one that is none.
 */
export function mergeHistories(file: string, others: readonly string[]): MergedHistory {
  const { origin, origins } = read(file);
  const all = others.reduce((sum: Origins, other) => merged(sum, readOther(other).origins), origins);
  write(file, { origin, origins: all });
  const [before, after] = [combined(origins), combined(all)].map((each) => Object.keys(each).length);
  return { files: after ?? 0, more: (after ?? 0) - (before ?? 0) };
}

function readOther(file: string): Kept {
  try {
    return keptIn(readFileSync(file, 'utf8'));
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'it is not there' : 'it is no history';
    throw new UsageError(`${file} cannot be merged: ${why}.`, {
      hint: 'a run of distribute leaves one at .shakedown/distribute/history.json',
    });
  }
}

const write = (file: string, kept: Kept): void =>
  replaceFile(file, `${JSON.stringify({ version: 2, ...kept }, undefined, 1)}\n`);
