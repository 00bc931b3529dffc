import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';

/**
 * Opens a new file for writing in a folder into which no node writes; what was there under its name is replaced.
 * No link is followed, whoever planted it. The caller closes it; its stream does so by itself.
 */
export async function openOwnFile(path: string): Promise<FileHandle> {
  await rm(path, { force: true, recursive: true });
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  return open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644);
}
