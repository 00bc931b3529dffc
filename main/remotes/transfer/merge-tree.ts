import type { Dirent } from 'node:fs';
import { lstat, opendir, rename, rm } from 'node:fs/promises';
import { ShakedownError } from '../../../common/errors.ts';

/** A path as its bytes: names on a node need not be UTF-8. */
export const pathIn = (directory: Buffer, name: Buffer): Buffer =>
  Buffer.concat([directory, Buffer.from('/'), name]);

/** The entries of a folder, one after another: there may be more of them than fit into memory. */
export async function* entriesOf(directory: Buffer): AsyncIterable<Dirent<Buffer>> {
  // @types/node does not know that names may be asked for as bytes here as well.
  const asBytes = { encoding: 'buffer' as BufferEncoding, bufferSize: 256 };
  for await (const entry of await opendir(directory, asBytes)) yield entry as unknown as Dirent<Buffer>;
}

export interface MergeOptions {
  /**
   * Where a file meets a folder, what was there goes; without it that is a ShakedownError, as with `cp -r`.
   */
  readonly replace: boolean;
}

/**
 * Moves `source` to `target` on the same file system: folders are merged, files replaced.
 * Links are moved as links and never followed.
 */
export async function mergeTree(source: Buffer, target: Buffer, options: MergeOptions): Promise<void> {
  const [from, to] = await Promise.all([isFolder(source), isFolder(target)]);
  if (from && to) {
    for await (const { name } of entriesOf(source))
      await mergeTree(pathIn(source, name), pathIn(target, name), options);
    return;
  }
  if (to !== undefined && from !== to) {
    if (!options.replace) throw inTheWay(target, to);
    await rm(target, { recursive: true, force: true });
  }
  await rename(source, target).catch((error: NodeJS.ErrnoException) => {
    // Another merge made the folder meanwhile.
    if (from && (error.code === 'ENOTEMPTY' || error.code === 'EEXIST'))
      return mergeTree(source, target, options);
    throw error;
  });
}

function inTheWay(target: Buffer, isFolder: boolean): ShakedownError {
  const [is, comes] = isFolder ? ['a folder', 'a file'] : ['a file', 'a folder'];
  return new ShakedownError({
    message: `${target} is ${is}, and ${comes} would replace it`,
    hint: 'remove it, or name another target',
  });
}

/** Undefined when there is nothing. */
const isFolder = (path: Buffer): Promise<boolean | undefined> =>
  lstat(path).then(
    (stats) => stats.isDirectory(),
    () => undefined,
  );
