import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ShakedownError, UsageError } from '../../common/errors.ts';
import { remedyFor } from '../../common/system-errors.ts';
import { type Holder, removeLeftovers, takeFile } from './lock-file.ts';

/** How often another process may be found in the middle of taking it; it needs some µs for that. */
const patience = 400;

/**
 * Takes the current folder for one run. A lock whose process is dead is taken over, also when its pid was
 * given to another process; however many try at once, one has it. Throws UsageError that names the process
 * which has it, and ShakedownError where nothing can be written.
 */
export async function acquireLock(directory: string): Promise<AsyncDisposable> {
  const folder = join(directory, '.shakedown');
  try {
    mkdirSync(folder, { recursive: true });
    const release = await take(join(folder, 'lock'), directory);
    removeLeftovers(folder);
    return { [Symbol.asyncDispose]: async () => release() };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const { message } = error as Error;
    throw new ShakedownError(
      {
        message: `what a run leaves lies in ${directory}, and nothing can be written there: ${message}`,
        hint: remedyFor(error) ?? 'use another folder',
      },
      { cause: error },
    );
  }
}

async function take(file: string, directory: string): Promise<() => void> {
  for (let attempt = 0; attempt < patience; attempt++) {
    const taken = takeFile(file);
    if (typeof taken === 'function') return taken;
    if (taken !== 'busy') throw isHeld(taken, directory);
    await sleep(5);
  }
  throw new UsageError(`The lock ${file} cannot be taken: others take it all the time.`);
}

/** The folder is in use: by another process, or by something else that this one does there. */
export class FolderInUseError extends UsageError {}

function isHeld({ pid, since }: Holder, directory: string): FolderInUseError {
  const time = new Date(since).toISOString().slice(11, 19);
  const message = `Process ${pid} has been using ${directory} since ${time} UTC; one run at a time.`;
  return new FolderInUseError(message, { hint: 'wait for it, stop it, or run in another folder' });
}
