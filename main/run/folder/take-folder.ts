import { acquireLock, FolderInUseError } from '../../store/lock.ts';

interface Taken {
  readonly lock: Promise<AsyncDisposable>;
  users: number;
  readonly alone: boolean;
}

const taken = new Map<string, Taken>();

/**
 * Takes the folder for this process. What this process does there at the same time shares it, unless one of
 * them must be `alone`, as one that keeps its machines must: a folder keeps those of one run. Throws
 * FolderInUseError when it cannot be shared, or another process has it.
 */
export async function takeFolder(directory: string, alone: boolean): Promise<AsyncDisposable> {
  const there = taken.get(directory);
  if (there && (alone || there.alone)) {
    throw new FolderInUseError(
      `Another run is under way in ${directory}, and a folder keeps the machines of one run.`,
      { hint: 'wait for it, or give each a `directory` of its own' },
    );
  }
  const mine: Taken = there ?? { lock: acquireLock(directory), users: 0, alone };
  taken.set(directory, mine);
  mine.users += 1;
  const giveBack = async () => {
    const lock = await mine.lock;
    mine.users -= 1;
    if (mine.users > 0) return;
    taken.delete(directory);
    await lock[Symbol.asyncDispose]();
  };
  try {
    await mine.lock;
  } catch (error) {
    mine.users -= 1;
    if (mine.users === 0) taken.delete(directory);
    throw error;
  }
  return { [Symbol.asyncDispose]: giveBack };
}
