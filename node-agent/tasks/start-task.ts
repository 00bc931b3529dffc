import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { ShakedownError } from '../../common/errors.ts';
import type { ControlGroup } from '../../common/processes/control-group.ts';
import type { TaskParams } from '../../common/protocol/task-protocol.ts';
import { type Account, argvAs } from '../account.ts';
import { shellWords } from '../command-shell.ts';
import type { Starter } from './starter.ts';
import type { StartedProcess } from './starter-process.ts';
import type { TaskGroups } from './task-groups.ts';
import { taskVariable } from './task-processes.ts';

/** What of the agent it takes to start tasks. */
export interface TaskStarter {
  readonly groups: Pick<TaskGroups, 'make' | 'makeLimited'>;
  readonly starter: Pick<Starter, 'start'>;
}

/** A task's first process, and our ends of its pipes. */
export interface StartedTask extends StartedProcess {
  /** What its processes are marked with. */
  readonly id: string;
  readonly group: ControlGroup | undefined;
  /** The kernel limits the group's memory. */
  readonly limited: boolean;
}

/** The command as an argument list. */
export const wordsOf = (command: TaskParams['command']): readonly [string, ...string[]] =>
  typeof command === 'string' ? shellWords(command) : [command[0] ?? '', ...command.slice(1)];

/**
 * Starts a task, in a group of its own where one can be made and it is to have one. Throws ShakedownError for
 * a folder that is not there, and as `argvAs` does.
 */
export async function startTask(
  { command, cwd, env, memory, single = false }: TaskParams,
  account: Account,
  input: boolean,
  { groups, starter }: TaskStarter,
): Promise<StartedTask> {
  const as = argvAs(wordsOf(command), account);
  const folder = cwd ?? account.home;
  const there = statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
  if (!there && cwd !== undefined)
    throw new ShakedownError({ message: `the folder ${cwd} does not exist on the node` });
  const id = randomUUID();
  const limiting = memory === undefined || single ? undefined : groups.makeLimited(id, memory);
  const group = single ? undefined : (limiting ?? groups.make(id));
  try {
    const started = await starter.start({
      argv: as.argv,
      cwd: there ? folder : '/',
      env: { ...environmentFor(account), ...as.env, ...env, [taskVariable]: id },
      group,
      input,
    });
    return { ...started, id, group, limited: limiting !== undefined };
  } catch (error) {
    group?.remove();
    throw error;
  }
}

/** What sudo tells root of who called it is no business of that user's own commands. */
function environmentFor({ uid }: Account): Record<string, string> {
  const own = Object.entries(process.env) as [string, string][];
  return Object.fromEntries(uid === 0 ? own : own.filter(([name]) => !name.startsWith('SUDO_')));
}
