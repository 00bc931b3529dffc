import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlGroup } from '../../common/processes/control-group.ts';
import { signalAll } from '../../common/processes/signal-all.ts';
import type { LeftProcess } from '../../common/results.ts';
import { withDescendants } from '../proc/descendants.ts';
import { type ProcessStat, processIds, processStat } from '../proc/process-stat.ts';
import { joining } from './task-script.ts';

/** The environment variable that all processes of a task inherit, with the task's id as its value. */
export const taskVariable = 'SHAKEDOWN_TASK';

const maxTold = 100;
const maxCommand = 300;

/**
 * The processes of one task, as /proc has them at this moment: those in its control group, those that
 * inherited its mark, those of the session that its first process leads, and all that descend from any of
 * them. Where there is no group, only one that clears its environment, leaves its session and is orphaned
 * besides is missed; where there is one, only who is moved out of it (su(1) by pam_systemd) needs the rest.
 */
export class TaskProcesses {
  readonly #mark: string;
  readonly #leader: number;
  readonly #group: ControlGroup | undefined;

  constructor(id: string, leader: number, group: ControlGroup | undefined) {
    this.#mark = `${taskVariable}=${id}`;
    this.#leader = leader;
    this.#group = group;
  }

  /** Ids of those that live; zombies do not. */
  find(): number[] {
    const all = processIds()
      .filter((pid) => pid !== process.pid)
      .flatMap((pid) => processStat(pid) ?? [])
      .filter(({ state }) => !/^[ZX]$/.test(state));
    const grouped = new Set(this.#group?.find());
    const isOwn = ({ pid, session }: ProcessStat) =>
      session === this.#leader || grouped.has(pid) || this.#isMarked(pid);
    return [...withDescendants(all, isOwn)];
  }

  /**
   * Those with their command lines, for a person; the first hundred. One that is only just being made still
   * has its parent's, `line`, or none, and is waited for a moment.
   */
  async tell(pids: readonly number[], line: string): Promise<LeftProcess[]> {
    for (let tries = 0; ; tries += 1) {
      const left = pids.slice(0, maxTold).map((pid) => ({ pid, command: this.#commandOf(pid) }));
      const parent = line.slice(0, maxCommand);
      if (tries >= 10 || left.every(({ command }) => !['', parent].includes(command))) return left;
      await sleep(10);
    }
  }

  /** Asks all of them to end, and makes those that have not within a second. */
  async end(): Promise<void> {
    this.#signal('SIGTERM');
    for (let waited = 0; waited < 1000 && this.find().length > 0; waited += 25) await sleep(25);
    await this.kill();
  }

  /** Ends all of them without asking. */
  async kill(): Promise<void> {
    this.#group?.kill();
    for (let tries = 0; tries < 200 && this.#signal('SIGKILL') > 0; tries += 1) await sleep(25);
  }

  /** Without what its shell had before the command, to join the group. */
  #commandOf(pid: number): string {
    const joined = this.#group && joining(this.#group);
    const line = commandOf(pid);
    return (joined === undefined ? line : line.replace(joined, '')).slice(0, maxCommand);
  }

  #signal(signal: NodeJS.Signals): number {
    const pids = this.find();
    signalAll(pids, signal);
    return pids.length;
  }

  #isMarked(pid: number): boolean {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(this.#mark);
    } catch {
      return false;
    }
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replace(/\0+$/, '').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}
