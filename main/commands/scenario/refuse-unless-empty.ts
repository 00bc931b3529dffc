import { readdir } from 'node:fs/promises';
import { UsageError } from '../../../common/errors.ts';

/** Throws UsageError, with the hint, where there is something in a folder that shall be made. */
export async function refuseUnlessEmpty(folder: string, hint: string): Promise<void> {
  const there = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    const what =
      error.code === 'ENOTDIR'
        ? 'cannot be a folder: there is a file on its path'
        : `cannot be read: ${error.code}`;
    throw new UsageError(`${folder} ${what}.`, { hint });
  });
  if (there.length > 0) throw new UsageError(`${folder} is not empty; nothing was changed.`, { hint });
}
