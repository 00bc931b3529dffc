import {
  closeSync,
  constants,
  copyFileSync,
  fsync,
  fsyncSync,
  lstatSync,
  openSync,
  type Stats,
  unlinkSync,
} from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { smallFile } from '../../common/trees/file-content.ts';

/**
 * Copies a file's bytes, which are on disk then; `of` is what is known of it, and `between` does what is to
 * be done to the copy before. A small file is copied at once: to wait for it costs more than the copy itself.
 */
export async function copyDurably(
  from: string,
  to: string,
  of: Stats,
  between: () => void = () => undefined,
): Promise<void> {
  const atOnce = of.isFile() && of.size <= smallFile;
  if (atOnce) copyFileSync(from, to, constants.COPYFILE_FICLONE);
  else await copyFile(from, to, constants.COPYFILE_FICLONE);
  between();
  const fd = openSync(to, 'r');
  try {
    if (atOnce) fsyncSync(fd);
    else await promisify(fsync)(fd);
  } finally {
    closeSync(fd);
  }
}

/** Removes a file or a link. To be told of what is not there costs several times as much as to look. */
export function removeIfThere(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })) unlinkSync(path);
}
