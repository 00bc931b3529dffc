import { describeFailure, UsageError } from '../../../common/errors.ts';
import { readKeptCluster } from '../../store/kept-cluster.ts';
import type { Reaping } from '../ledger/undo-world.ts';
import { reapDirectory } from '../reap/reap.ts';
import { takeDownKept } from '../reap/take-down.ts';
import { takeFolder } from './take-folder.ts';

export interface FolderOptions {
  /** Whether nothing else may be under way in it, of this process either. */
  readonly alone: boolean;
  /**
   * What becomes of machines that an earlier run kept: they stay, they go, or nothing is begun beside them.
   */
  readonly kept: 'leave' | 'take-down' | 'refuse';
  /** Told what was cleaned up, a sentence each. */
  readonly tell: (line: string) => void;
}

/**
 * Takes the folder, cleans up what killed runs left there, and gives the folder back when
 * `action` has ended. Throws UsageError when another process has it, or `kept` machines
 * refuse. What cannot be cleaned up is told.
 */
export async function runInFolder<T>(
  world: Reaping & { readonly directory: string },
  { alone, kept, tell }: FolderOptions,
  action: () => Promise<T>,
): Promise<T> {
  const { directory } = world;
  await using _folder = await takeFolder(directory, alone);
  const { lines, failures } = await reapDirectory(directory, world);
  for (const line of lines) tell(line);
  for (const { details } of failures) tell(describeFailure(details));
  if (kept === 'take-down') for (const line of await takeDownKept(directory, world)) tell(line);
  if (kept === 'refuse') await mustHaveNoMachines(directory);
  return await action();
}

async function mustHaveNoMachines(directory: string): Promise<void> {
  const there = (await readKeptCluster(directory))?.cluster.machines.length;
  if (there === undefined) return;
  throw new UsageError(`There are machines here already: ${there}.`, {
    hint: "shakedown nodes list, or 'shakedown nodes down' to give them up",
  });
}
