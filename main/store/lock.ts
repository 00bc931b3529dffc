import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../common/errors.ts';
import { isAlive, type ProcessIdentity, processIdentity } from '../../common/process-identity.ts';

interface Holder extends ProcessIdentity {
  /** ms since the epoch. */
  readonly since: number;
}

/**
 * Takes the current folder for one run. A lock whose process is dead is taken over, also when its pid was given to
 * another process. Throws UsageError that names the process which has it.
 */
export async function acquireLock(directory: string): Promise<AsyncDisposable> {
  mkdirSync(join(directory, '.shakedown'), { recursive: true });
  const file = join(directory, '.shakedown', 'lock');
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
    writeSync(descriptor, JSON.stringify(holder));
    closeSync(descriptor);
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
