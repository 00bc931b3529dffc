import { readlinkSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FileLedger } from './file-ledger.ts';
import { readKeptCluster } from './kept-cluster.ts';
import { runIds, runsDirectory } from './run-folders.ts';

/**
 * Deletes runs beyond the `count` newest and those older than `days`; never the latest, one that has
 * something left to undo, or one whose machines are kept. Gives the ids of the deleted.
 */
export async function pruneRuns(
  directory: string,
  options: { readonly count: number; readonly days: number; readonly clock: () => number },
): Promise<readonly string[]> {
  const kept = (await readKeptCluster(directory))?.run;
  const latest = latestId(directory);
  const oldest = options.clock() - options.days * 86_400_000;
  const deleted: string[] = [];
  for (const [index, id] of (await runIds(directory)).entries()) {
    const run = join(runsDirectory(directory), id);
    const wanted = index < options.count && startOf(id) >= oldest;
    const needed = id === latest || id === kept || new FileLedger(run).openEntries().length > 0;
    if (wanted || needed) continue;
    await rm(run, { recursive: true, force: true });
    deleted.push(id);
  }
  return deleted;
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
