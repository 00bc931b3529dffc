import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, statSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { ShakedownError } from '../../common/errors.ts';
import type { TaskParams } from '../../common/task-protocol.ts';
import { type Account, argvAs, type CommandAs } from '../account.ts';
import { shellWords } from '../command-shell.ts';
import { isSystemError } from '../failure.ts';
import type { ControlGroup } from './control-group.ts';
import type { Pipe, Pipes } from './pipes.ts';
import { taskVariable } from './task-processes.ts';

/** A task's first process, and our ends of its streams. */
interface Started {
  readonly child: ChildProcess;
  readonly ends: { readonly stdin?: Pipe; readonly stdout: Pipe; readonly stderr: Pipe };
}

interface StartOptions {
  readonly account: Account;
  readonly id: string;
  readonly pipes: Pipes;
  readonly input: boolean;
  readonly group: ControlGroup | undefined;
}

/** For sh: becomes the command, or says why it cannot. */
const become = `refuse() {
  echo "$1: $2" >&2
  exit 127
}
case $1 in
  */*)
    [ -e "$1" ] || refuse "$1" "not found"
    { [ -f "$1" ] && [ -x "$1" ]; } || refuse "$1" "Permission denied"
    ;;
  *) command -v -- "$1" >/dev/null || refuse "$1" "not found" ;;
esac
exec "$@"`;

/** The argument list such that its process is in a group: by the shell that it is, or by one before it. */
function inGroup(argv: CommandAs['argv'], group: ControlGroup | undefined): CommandAs['argv'] {
  if (!group) return argv;
  const line = argv.at(-1) ?? '';
  if (isDeepStrictEqual(argv, shellWords(line))) return shellWords(`${group.joining}${line}`);
  return ['/bin/sh', '-c', `${group.joining}${become}`, 'sh', ...argv];
}

/** The command as an argument list. */
export const wordsOf = (command: TaskParams['command']): readonly string[] =>
  typeof command === 'string' ? shellWords(command) : command;

/**
 * Starts a task, in its group where it has one. Gives a sentence for a program that does not exist, as a
 * shell would. Throws ShakedownError for a folder that is not there, and as `argvAs` does.
 */
export async function startTask(
  { command, cwd, env }: TaskParams,
  { account, id, pipes, input, group }: StartOptions,
): Promise<Started | { readonly missing: string }> {
  const [program = '', ...args] = wordsOf(command);
  const as = argvAs([program, ...args], account);
  const folder = cwd ?? account.home;
  const there = statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
  if (!there && cwd !== undefined)
    throw new ShakedownError({ message: `the folder ${cwd} does not exist on the node` });
  const [stdin, stdout, stderr] = await Promise.all([
    input ? pipes.toWrite() : undefined,
    pipes.toRead(),
    pipes.toRead(),
  ]);
  const ends = { stdout, stderr, ...(stdin && { stdin }) };
  try {
    const [first, ...others] = inGroup(as.argv, group);
    const child = spawn(first, others, {
      cwd: there ? folder : '/',
      // A session of its own: what is left of it can be told, and ended.
      detached: true,
      stdio: [stdin?.far ?? 'ignore', stdout.far, stderr.far],
      env: { ...ownEnvironment(account), ...as.env, ...env, [taskVariable]: id },
    });
    await startOf(child);
    return { child, ends };
  } catch (error) {
    for (const pipe of Object.values(ends)) closeSync(pipe.near);
    if (!isSystemError(error, 'ENOENT', 'EACCES', 'ENOTDIR')) throw error;
    return { missing: `${program}: ${error.code === 'EACCES' ? 'Permission denied' : 'not found'}\n` };
  } finally {
    for (const pipe of Object.values(ends)) closeSync(pipe.far);
  }
}

/** What sudo tells root of who called it is no business of that user's own commands. */
function ownEnvironment({ uid }: Account): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env);
  return Object.fromEntries(uid === 0 ? entries : entries.filter(([name]) => !name.startsWith('SUDO_')));
}

function startOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
}
