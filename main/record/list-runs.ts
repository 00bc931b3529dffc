import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../common/errors.ts';
import { runIds, runsDirectory } from '../store/run-folders.ts';
import { readRecord } from './read-record.ts';
import type { RunRecord } from './run-record.ts';

/** A run as its directory tells of it. */
export interface ListedRun {
  readonly id: string;
  /** Absolute. */
  readonly directory: string;
  /** Absent when the run was killed before its reports were written, or is under way. */
  readonly record?: RunRecord;
  /** Why the record that there is cannot be read. */
  readonly unreadable?: UsageError;
}

/** The runs of a folder, the newest first. */
export const listRuns = async (directory: string): Promise<readonly ListedRun[]> =>
  (await runIds(directory)).map((id) => readRunDirectory(directory, id));

/** One run, by its id, the beginning of it that no other has, or `latest`. UsageError when there is none. */
export async function readRun(directory: string, id: string): Promise<ListedRun> {
  const ids = await runIds(directory);
  const [run, another] = id === 'latest' ? ids.slice(0, 1) : ids.filter((each) => each.startsWith(id));
  if (run !== undefined && another === undefined) return readRunDirectory(directory, run);
  throw new UsageError(
    another ? `More than one run begins with '${id}'.` : `There is no run '${id}' in ${directory}.`,
    { hint: 'shakedown runs list' },
  );
}

function readRunDirectory(folder: string, id: string): ListedRun {
  const directory = join(runsDirectory(folder), id);
  const file = join(directory, 'run.json');
  if (!existsSync(file)) return { id, directory };
  try {
    return { id, directory, record: readRecord(readFileSync(file, 'utf8'), id) };
  } catch (error) {
    return { id, directory, unreadable: asUnreadable(error, id) };
  }
}

const asUnreadable = (error: unknown, id: string): UsageError =>
  error instanceof UsageError
    ? error
    : new UsageError(`run.json of run ${id} cannot be read: ${(error as Error).message}`, { cause: error });
