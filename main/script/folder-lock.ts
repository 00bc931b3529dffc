import { UsageError } from '../../common/errors.ts';
import { acquireLock } from '../store/lock.ts';

interface Held {
  readonly lock: Promise<AsyncDisposable>;
  users: number;
  keeps: boolean;
}

const held = new Map<string, Held>();

/**
 * Takes the folder for this process: scripts that one process runs there at the same time share it. Throws UsageError
 * when another process has it, or when of several at the same time one is to keep its machines: a folder keeps those
 * of one run.
 */
export async function takeFolder(directory: string, keeps: boolean): Promise<AsyncDisposable> {
  const there = held.get(directory);
  if (there && (keeps || there.keeps)) {
    throw new UsageError(
      `Another script is under way in ${directory}, and a folder keeps the machines of one run.`,
      {
        hint: 'wait for it, or give each a `directory` of its own',
      },
    );
  }
  const mine: Held = there ?? { lock: acquireLock(directory), users: 0, keeps };
  held.set(directory, mine);
  mine.users++;
  const leave = async () => {
    if (--mine.users > 0) return;
    held.delete(directory);
    await (await mine.lock)[Symbol.asyncDispose]();
  };
  try {
    await mine.lock;
  } catch (error) {
    if (--mine.users === 0) held.delete(directory);
    throw error;
  }
  return { [Symbol.asyncDispose]: leave };
}
