import { existsSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writePieces } from './write-pieces.ts';

/** What a run leaves may hold what nobody else shall read: its logs, its nodes' files, what `--set` said. */
export const privateFolder = 0o700;
export const privateFile = 0o600;

/** Where a folder's runs lie. */
export const runsDirectory = (directory: string): string => join(directory, '.shakedown', 'runs');

/** The ids of a folder's runs, the newest first. */
export async function runIds(directory: string): Promise<readonly string[]> {
  const runs = runsDirectory(directory);
  const entries = existsSync(runs) ? await readdir(runs, { withFileTypes: true }) : [];
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
    .reverse();
}

/**
 * Writes a file that is whole at any moment, for its owner alone. On a throw what was there before is there.
 */
export async function writeWhole(file: string, content: string | Iterable<string>): Promise<void> {
  const aside = `${file}.new`;
  await rm(aside, { force: true });
  try {
    await writePieces(aside, typeof content === 'string' ? [content] : content, privateFile);
    await rename(aside, file);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
}
