import { readFile, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { pruneOld } from '../store/prune-old.ts';
import { replaceFile } from '../store/replace-file.ts';

/** What no run asked for in so many days is of packages that nobody installs any more. */
const keepDays = 30;

const folderIn = (cacheDir: string): string => join(cacheDir, 'layers', 'unshared');

/** Why an installation is not kept as a layer; undefined where nothing stands against it. */
export async function whyUnshared(cacheDir: string, key: string): Promise<string | undefined> {
  const file = join(folderIn(cacheDir), key);
  const now = new Date();
  await utimes(file, now, now).catch(() => undefined);
  return readFile(file, 'utf8').catch(() => undefined);
}

/** Remembers why, or with undefined that nothing does any more. Old ones go. */
export async function noteUnshared(cacheDir: string, key: string, why: string | undefined): Promise<void> {
  const folder = folderIn(cacheDir);
  await pruneOld(folder, keepDays);
  if (why === undefined) await rm(join(folder, key), { force: true });
  else replaceFile(join(folder, key), why);
}
