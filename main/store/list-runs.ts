import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../../common/errors.ts';
import type { RunResult } from '../record/run-result.ts';
import { runsDirectory } from './create-run.ts';
import { FileLedger } from './file-ledger.ts';
import { readKeptCluster } from './kept-cluster.ts';

/** A run as its directory tells of it. */
export interface ListedRun {
  readonly id: string;
  /** Absolute. */
  readonly directory: string;
  /** Absent when the run was killed before its reports were written, or is under way. */
  readonly result?: RunResult;
}

/** The runs of a folder, the newest first. */
export async function listRuns(directory: string): Promise<readonly ListedRun[]> {
  const runs = runsDirectory(directory);
  if (!existsSync(runs)) return [];
  const entries = await readdir(runs, { withFileTypes: true });
  const ids = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return ids
    .sort()
    .reverse()
    .map((id) => readRunDirectory(id, join(runs, id)));
}

/** One run, by its id, the beginning of it that no other has, or `latest`. UsageError when there is none. */
export async function readRun(directory: string, id: string): Promise<ListedRun> {
  const runs = await listRuns(directory);
  const found = id === 'latest' ? runs.slice(0, 1) : runs.filter((run) => run.id.startsWith(id));
  const [run, another] = found;
  if (run && !another) return run;
  throw new UsageError(
    another ? `More than one run begins with '${id}'.` : `There is no run '${id}' in ${directory}.`,
    {
      hint: 'shakedown runs list',
    },
  );
}

/**
 * Deletes runs beyond the `count` newest and those older than `days`; never the latest, one that has something left
 * to undo, or one whose machines are kept. Gives the ids of the deleted.
 */
export async function pruneRuns(
  directory: string,
  options: { readonly count: number; readonly days: number; readonly clock: () => number },
): Promise<readonly string[]> {
  const kept = (await readKeptCluster(directory))?.run;
  const latest = latestId(directory);
  const oldest = options.clock() - options.days * 86_400_000;
  const deleted: string[] = [];
  for (const [index, run] of (await listRuns(directory)).entries()) {
    const wanted = index < options.count && startOf(run.id) >= oldest;
    const needed =
      run.id === latest || run.id === kept || new FileLedger(run.directory).openEntries().length > 0;
    if (wanted || needed) continue;
    await rm(run.directory, { recursive: true, force: true });
    deleted.push(run.id);
  }
  return deleted;
}

function readRunDirectory(id: string, directory: string): ListedRun {
  try {
    return { id, directory, result: JSON.parse(readFileSync(join(directory, 'run.json'), 'utf8')) };
  } catch {
    return { id, directory };
  }
}

function latestId(directory: string): string | undefined {
  try {
    return readlinkSync(join(runsDirectory(directory), 'latest'));
  } catch {
    return undefined;
  }
}

/** ms since the epoch, from an id such as `20261121-015203-4f2a`. */
function startOf(id: string): number {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)/.exec(id) ?? [];
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
}
