import { lstatSync, mkdirSync, readlinkSync, renameSync, statSync, symlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { ShakedownError } from '../../common/errors.ts';
import { fileDigest } from '../../common/files/file-digest.ts';
import { isSystemError } from '../failure.ts';
import { copyDurably, removeIfThere } from './copy-durably.ts';
import { syncDirectory } from './durable-file.ts';
import { cannotBeChanged, replaceFile } from './replace-file.ts';

/** A file of the node as it was: what is kept of it on record, besides its bytes. */
export type Original = { readonly path: string; readonly madeFolders: readonly string[] } & (
  | { readonly kind: 'absent' }
  | { readonly kind: 'link'; readonly target: string; readonly uid: number; readonly gid: number }
  | {
      readonly kind: 'file';
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
      readonly atime: number;
      readonly mtime: number;
    }
);

/**
 * Looks at what is at `path`, and copies a file's bytes to `bytes`, which are on disk then. Throws
 * ShakedownError when something other than a file or a link is there.
 */
export async function lookAt(path: string, bytes: string): Promise<object> {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (!stats) return { kind: 'absent' };
  const { uid, gid } = stats;
  if (stats.isSymbolicLink()) return { kind: 'link', target: readlinkSync(path), uid, gid };
  if (!stats.isFile()) {
    const what = stats.isDirectory() ? 'a folder' : 'no regular file';
    throw new ShakedownError({
      message: `${path} cannot be replaced: ${what} is there`,
      hint: 'give the place of a file',
    });
  }
  await copyDurably(path, bytes, stats);
  const [atime, mtime] = [stats.atimeMs / 1000, stats.mtimeMs / 1000];
  return { kind: 'file', mode: stats.mode & 0o7777, uid, gid, atime, mtime };
}

/**
 * Whether nothing was changed: what could not be placed need not be put back,
 * which could not be done either.
 */
export async function isAsBefore(original: Original, bytes: string): Promise<boolean> {
  const { path } = original;
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (original.kind === 'absent' || !stats) return original.kind === 'absent' && !stats;
  if (stats.uid !== original.uid || stats.gid !== original.gid) return false;
  if (original.kind === 'link') return stats.isSymbolicLink() && readlinkSync(path) === original.target;
  const alike = stats.isFile() && (stats.mode & 0o7777) === original.mode;
  return alike && stats.mtimeMs === original.mtime * 1000 && (await sameBytes(path, bytes));
}

/** Makes it what it was. Throws ShakedownError where nothing can be changed. */
export async function putBack(original: Original, bytes: string): Promise<void> {
  const { path } = original;
  try {
    if (original.kind === 'absent') return removeIfThere(path);
    mkdirSync(dirname(path), { recursive: true });
    if (original.kind === 'link') return putLinkBack(path, original);
    const { mode, uid, gid, atime, mtime } = original;
    const [owner, times] = [
      { uid, gid },
      { atime, mtime },
    ];
    await replaceFile(path, { from: bytes, mode, owner, times });
  } catch (error) {
    throw isSystemError(error, 'EBUSY', 'EROFS', 'EPERM', 'EACCES') ? cannotBeChanged(path, error) : error;
  }
}

function putLinkBack(path: string, { target }: Original & { readonly kind: 'link' }): void {
  const temporary = `${path}.shakedown-old`;
  removeIfThere(temporary);
  symlinkSync(target, temporary);
  try {
    renameSync(temporary, path);
  } catch (error) {
    removeIfThere(temporary);
    throw error;
  }
  syncDirectory(dirname(path));
}

async function sameBytes(one: string, other: string): Promise<boolean> {
  return statSync(one).size === statSync(other).size && (await fileDigest(one)) === (await fileDigest(other));
}
