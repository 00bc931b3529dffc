import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ShakedownError } from '../../../common/errors.ts';
import { privateFile } from '../../store/run-folders.ts';

/**
 * Opens a new file for writing in a folder into which no node writes; what was there under its name is
 * replaced. No link is followed, whoever planted it. The caller closes it; its stream does so by itself.
 * Throws ShakedownError for a name that is a path.
 */
export async function openOwnFile(folder: string, name: string): Promise<FileHandle> {
  if (basename(name) !== name || name === '' || name.startsWith('.') || name.includes('\0'))
    throw new ShakedownError({ message: `'${name}' is not the name of a file` });
  const path = join(folder, name);
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const create = () => open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, privateFile);
  try {
    return await create();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    await rm(path, { force: true, recursive: true });
    return create();
  }
}
