import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { ShakedownError, UsageError } from '../../common/errors.ts';
import { isAlive, type ProcessIdentity, processIdentity } from '../../common/process-identity.ts';
import { remedyFor } from '../../common/system-errors.ts';

interface Holder extends ProcessIdentity {
  /** ms since the epoch. */
  readonly since: number;
}

/**
 * Takes the current folder for one run. A lock whose process is dead is taken over, also when its pid was given to
 * another process. Throws UsageError that names the process which has it, and ShakedownError where nothing can be written.
 */
export async function acquireLock(directory: string): Promise<AsyncDisposable> {
  const file = join(directory, '.shakedown', 'lock');
  try {
    mkdirSync(join(directory, '.shakedown'), { recursive: true });
    return take(file, directory);
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

function take(file: string, directory: string): AsyncDisposable {
  for (let attempt = 0; attempt < 5; attempt++) {
    if (tryCreate(file)) return { [Symbol.asyncDispose]: async () => rmSync(file, { force: true }) };
    const holder = readHolder(file);
    if (holder && isAlive(holder)) {
      const since = new Date(holder.since).toISOString().slice(11, 19);
      throw new UsageError(
        `Process ${holder.pid} has been using ${directory} since ${since} UTC; one run at a time.`,
        {
          hint: 'wait for it, stop it, or run in another folder',
        },
      );
    }
    rmSync(file, { force: true });
  }
  throw new UsageError(`The lock ${file} cannot be taken: others take it all the time.`);
}

function tryCreate(file: string): boolean {
  try {
    const descriptor = openSync(file, 'wx');
    const holder: Holder = { ...processIdentity(), since: Date.now() };
    try {
      writeSync(descriptor, JSON.stringify(holder));
    } catch (error) {
      rmSync(file, { force: true });
      throw error;
    } finally {
      closeSync(descriptor);
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readHolder(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
