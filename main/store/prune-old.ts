import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

const dayLong = 86_400_000;

/**
 * Removes the files of a folder that nobody wrote for so many days, or gives those that match `names` to
 * `remove`. A folder that is not there has none.
 */
export async function pruneOld(
  folder: string,
  days: number,
  names = /./,
  remove: (file: string) => unknown = (file) => rm(file, { force: true }),
): Promise<void> {
  const all = await readdir(folder).catch(() => []);
  for (const name of all.filter((each) => names.test(each))) {
    const file = join(folder, name);
    const entry = await stat(file).catch(() => undefined);
    if (entry?.isFile() && Date.now() - entry.mtimeMs > days * dayLong) await remove(file);
  }
}
