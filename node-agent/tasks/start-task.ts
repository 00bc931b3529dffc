import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { ShakedownError } from '../../common/errors.ts';
import type { ControlGroup } from '../../common/processes/control-group.ts';
import type { TaskParams } from '../../common/protocol/task-protocol.ts';
import { type Account, argvAs, type CommandAs } from '../account.ts';
import { shellWords } from '../command-shell.ts';
import { isSystemError } from '../failure.ts';
import type { Pipes } from './pipes.ts';
import { closeEnds, openEnds, type StartedTask, startOf } from './started-task.ts';
import type { TaskGroups } from './task-groups.ts';
import { taskVariable } from './task-processes.ts';
import { become, joining, type TaskScript, taskScript } from './task-script.ts';
import { scriptDescriptor, type WaitingShells } from './waiting-shells.ts';

/** What of the agent it takes to start tasks. */
export interface TaskStarter {
  readonly pipes: Pipes;
  readonly groups: Pick<TaskGroups, 'make' | 'makeLimited'>;
  readonly shells: WaitingShells;
}

/** The argument list such that its process is in a group: by the shell that it is, or by one before it. */
function inGroup(argv: CommandAs['argv'], group: ControlGroup | undefined): CommandAs['argv'] {
  if (!group) return argv;
  const line = argv.at(-1) ?? '';
  if (isDeepStrictEqual(argv, shellWords(line))) return shellWords(`${joining(group)}${line}`);
  return ['/bin/sh', '-c', `${joining(group)}${become}`, 'sh', ...argv];
}

/** The command as an argument list. */
export const wordsOf = (command: TaskParams['command']): readonly string[] =>
  typeof command === 'string' ? shellWords(command) : command;

/**
 * Starts a task, in a group of its own where one can be made and it is to have one: by the shell that waits,
 * else by a new process. Gives a sentence for a program that does not exist, as a shell would. Throws
 * ShakedownError for a folder that is not there, and as `argvAs` does.
 */
export async function startTask(
  { command, cwd, env, memory, single = false }: TaskParams,
  account: Account,
  input: boolean,
  starter: TaskStarter,
): Promise<StartedTask | { readonly missing: string }> {
  const [program = '', ...args] = wordsOf(command);
  const as = argvAs([program, ...args], account);
  const folder = cwd ?? account.home;
  const there = statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
  if (!there && cwd !== undefined)
    throw new ShakedownError({ message: `the folder ${cwd} does not exist on the node` });
  const task: TaskScript = {
    argv: as.argv,
    cwd: there ? folder : '/',
    env: { ...as.env, ...env },
    unset: notOf(account),
    input,
  };
  if (single) return startDirectly(task, starter, undefined);
  if (memory !== undefined) {
    const id = randomUUID();
    const group = starter.groups.makeLimited(id, memory);
    if (group) return { ...(await startDirectly(task, starter, group, id)), limited: true };
  }
  const script = taskScript(task, scriptDescriptor);
  try {
    const started = script === undefined ? undefined : await starter.shells.start(script, input);
    if (started) return started;
    const id = randomUUID();
    return await startDirectly(task, starter, starter.groups.make(id), id);
  } finally {
    starter.shells.prepare();
  }
}

async function startDirectly(
  { argv, cwd, env, unset, input }: TaskScript,
  { pipes }: TaskStarter,
  group: ControlGroup | undefined,
  id: string = randomUUID(),
): Promise<StartedTask | { readonly missing: string }> {
  const ends = await openEnds(pipes, input);
  try {
    const [first, ...others] = inGroup(argv, group);
    const own = Object.entries(process.env).filter(([name]) => !unset.includes(name));
    const child = spawn(first, others, {
      cwd,
      // A session of its own: what is left of it can be told, and ended.
      detached: true,
      stdio: [ends.stdin?.far ?? 'ignore', ends.stdout.far, ends.stderr.far],
      env: { ...Object.fromEntries(own), ...env, [taskVariable]: id },
    });
    await startOf(child);
    return { id, group, child, ends };
  } catch (error) {
    closeEnds(ends, 'near');
    group?.remove();
    if (!isSystemError(error, 'ENOENT', 'EACCES', 'ENOTDIR')) throw error;
    return { missing: `${argv[0]}: ${error.code === 'EACCES' ? 'Permission denied' : 'not found'}\n` };
  } finally {
    closeEnds(ends, 'far');
  }
}

/** What sudo tells root of who called it is no business of that user's own commands. */
const notOf = ({ uid }: Account): readonly string[] =>
  uid === 0 ? [] : Object.keys(process.env).filter((name) => name.startsWith('SUDO_'));
