import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const fileOf = (cacheDir: string, key: string): string => join(cacheDir, 'layers', 'unshared', key);

/** Why an installation is not kept as a layer; undefined where nothing stands against it. */
export const whyUnshared = (cacheDir: string, key: string): Promise<string | undefined> =>
  readFile(fileOf(cacheDir, key), 'utf8').catch(() => undefined);

/** Remembers why, or with undefined that nothing does any more. */
export async function noteUnshared(cacheDir: string, key: string, why: string | undefined): Promise<void> {
  const file = fileOf(cacheDir, key);
  if (why === undefined) return rm(file, { force: true });
  await mkdir(join(cacheDir, 'layers', 'unshared'), { recursive: true });
  await writeFile(file, why);
}
