import { lstat, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { ShakedownError } from '../../common/errors.ts';

/**
 * Moves `source` to `target` on the same file system, as `cp -r` would copy it: folders are merged, files replaced.
 * Links are moved as links and never followed. Throws ShakedownError where a file would replace a folder, or a
 * folder a file.
 */
export async function mergeTree(source: string, target: string): Promise<void> {
  const [from, to] = await Promise.all([isFolder(source), isFolder(target)]);
  if (from && to) {
    for (const name of await readdir(source)) await mergeTree(join(source, name), join(target, name));
    return;
  }
  if (to !== undefined && from !== to) {
    const [is, comes] = to ? ['a folder', 'a file'] : ['a file', 'a folder'];
    throw new ShakedownError({
      message: `${target} is ${is}, and ${comes} would replace it`,
      hint: 'remove it, or name another target',
    });
  }
  await rename(source, target);
}

/** Undefined when there is nothing. */
const isFolder = (path: string): Promise<boolean | undefined> =>
  lstat(path).then(
    (stats) => stats.isDirectory(),
    () => undefined,
  );
