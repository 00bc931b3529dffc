import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { privateFile, privateFolder } from './run-folders.ts';
import { scratchOf } from './scratch.ts';

/** Bytes; more than the reports of a run on some dozen nodes have. */
const size = 512 * 1024;

const reserveOf = (runDirectory: string): string => join(scratchOf(runDirectory), 'reserve');

/**
 * Takes room on the disk, which is given up for the reports of a run that has filled it.
 * Where there is none, none is taken.
 */
export async function takeReserve(runDirectory: string): Promise<void> {
  const file = reserveOf(runDirectory);
  try {
    await mkdir(dirname(file), { recursive: true, mode: privateFolder });
    // No zeros, which a file system may keep in no room at all.
    await writeFile(file, randomBytes(size), { mode: privateFile });
  } catch {
    await rm(file, { force: true });
  }
}

/** Gives it back; false when there is none. */
export async function giveUpReserve(runDirectory: string): Promise<boolean> {
  const file = reserveOf(runDirectory);
  const there = existsSync(file);
  await rm(file, { force: true });
  return there;
}
