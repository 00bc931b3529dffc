import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runIds, runsDirectory } from './run-folders.ts';
import { runOwnerLives } from './run-owner.ts';

/**
 * What a run needs only while it lasts lies here, in its own folder, so that
 * nothing is left in /tmp after a kill.
 */
export const scratchOf = (runDirectory: string): string => join(runDirectory, 'tmp');

/** Removes what a run needed only while it lasted. */
export const removeScratch = (runDirectory: string): Promise<void> =>
  rm(scratchOf(runDirectory), { recursive: true, force: true, maxRetries: 3 });

/** Does so for the runs of a folder whose process is dead. */
export async function removeOldScratch(directory: string): Promise<void> {
  for (const id of await runIds(directory)) {
    const run = join(runsDirectory(directory), id);
    if (existsSync(scratchOf(run)) && !runOwnerLives(run)) await removeScratch(run);
  }
}
