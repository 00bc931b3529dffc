import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { ControlGroup } from '../../common/processes/control-group.ts';
import { processStat } from '../proc/process-stat.ts';
import type { Pipe, Pipes } from './pipes.ts';
import { closeEnds, type Ends, openEnds, type StartedTask, startOf } from './started-task.ts';
import type { TaskGroups } from './task-groups.ts';
import { taskVariable } from './task-processes.ts';
import { joining } from './task-script.ts';

/** The descriptor from which it reads what it shall become. */
export const scriptDescriptor = 3;

/** A shell of root's that has joined a control group of its own, and waits for what it shall become. */
interface WaitingShell {
  readonly id: string;
  readonly group: ControlGroup;
  readonly child: ChildProcess;
  readonly ends: Required<Ends>;
  readonly script: Pipe;
}

/**
 * Keeps one shell ready for the task that comes next: to join a control group takes the kernel some 15 ms
 * (cgroups(7): a process that moves waits until all others can be told), which nobody waits for when it is
 * done beforehand. It ends with the agent: its script comes to an end then.
 */
export class WaitingShells {
  readonly #pipes: Pipes;
  readonly #groups: Pick<TaskGroups, 'make'>;
  #next: Promise<WaitingShell | undefined> = Promise.resolve(undefined);

  constructor(pipes: Pipes, groups: Pick<TaskGroups, 'make'>) {
    this.#pipes = pipes;
    this.#groups = groups;
  }

  /** Makes one for the next task, where there is none and groups can be made. Never throws. */
  prepare(): void {
    this.#next = this.#next.then((one) => one ?? this.#make()).catch(() => undefined);
  }

  /** Lets the shell that waits become a task; undefined where there is none. */
  async start(script: string, input: boolean): Promise<StartedTask | undefined> {
    const taking = this.#next;
    this.#next = Promise.resolve(undefined);
    const shell = await taking;
    if (!shell) return undefined;
    const { id, group, child, ends } = shell;
    if (!isWaiting(child)) {
      // A clean-up has ended it with all else.
      closeEnds(ends, 'near');
      closeSync(shell.script.near);
      group.remove();
      return undefined;
    }
    const writer = new Socket({ fd: shell.script.near, readable: false, writable: true });
    writer.on('error', () => undefined).end(script);
    const { stdin, ...outputs } = ends;
    if (!input) closeSync(stdin.near);
    return { id, group, child, ends: input ? ends : outputs };
  }

  async #make(): Promise<WaitingShell | undefined> {
    const id = randomUUID();
    const group = this.#groups.make(id);
    if (!group) return undefined;
    const [ends, script] = await Promise.all([openEnds(this.#pipes, true), this.#pipes.toWrite()]);
    const { stdin, stdout, stderr } = ends;
    if (!stdin) throw new Error('a shell that waits has an stdin');
    try {
      const child = spawn('/bin/sh', ['-c', `${joining(group)}. /dev/fd/${scriptDescriptor}`], {
        cwd: '/',
        detached: true,
        stdio: [stdin.far, stdout.far, stderr.far, script.far],
        env: { ...process.env, [taskVariable]: id },
      });
      await startOf(child);
      return { id, group, child, ends: { stdin, stdout, stderr }, script };
    } catch (error) {
      closeEnds(ends, 'near');
      closeSync(script.near);
      group.remove();
      throw error;
    } finally {
      closeEnds(ends, 'far');
      closeSync(script.far);
    }
  }
}

const isWaiting = ({ pid = -1, exitCode, signalCode }: ChildProcess): boolean =>
  exitCode === null && signalCode === null && /^[^ZX]/.test(processStat(pid)?.state ?? 'X');
