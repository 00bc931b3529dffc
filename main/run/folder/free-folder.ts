import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../../common/errors.ts';
import { FolderInUseError } from '../../store/lock.ts';

/** Folders beside one that is in use. */
const most = 64;

/**
 * Calls `action` with the folder or, while that is in use, with the first one in its
 * `.shakedown/beside/` that is not: test files that run side by side each have one, and find it again.
 * `action` throws FolderInUseError for one in use.
 */
export async function inFreeFolder<T>(
  directory: string,
  action: (directory: string) => Promise<T>,
): Promise<T> {
  for (let beside = 0; beside <= most; beside += 1) {
    const folder = beside === 0 ? directory : join(directory, '.shakedown', 'beside', String(beside));
    mkdirSync(folder, { recursive: true });
    try {
      return await action(folder);
    } catch (error) {
      if (!(error instanceof FolderInUseError)) throw error;
    }
  }
  throw new UsageError(`${directory} is in use, and so are ${most} folders beside it.`, {
    hint: 'close some clusters, or give each a `directory` of its own',
  });
}
