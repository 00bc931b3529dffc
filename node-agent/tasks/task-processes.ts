import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlGroup } from '../../common/processes/control-group.ts';
import { signalAll } from '../../common/processes/signal-all.ts';
import type { LeftProcess } from '../../common/results.ts';
import { withDescendants } from '../proc/descendants.ts';
import { lastProcessId, type ProcessStat, processIds, processStat } from '../proc/process-stat.ts';

/** The environment variable that all processes of a task inherit, with the task's id as its value. */
export const taskVariable = 'SHAKEDOWN_TASK';

/** ms, in which no node starts the 32,000 processes after which the kernel gives an id again. */
const tooSoonToNumberAgain = 200;

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
  #ending: Promise<void> | undefined;

  constructor(id: string, leader: number, group: ControlGroup | undefined) {
    this.#mark = `${taskVariable}=${id}`;
    this.#leader = leader;
    this.#group = group;
  }

  /**
   * Ids of those that live once its first process has ended, some `ms` after it began. A node that numbers no
   * process so soon again has nobody of the task among those that were there before.
   */
  left(ms: number): number[] {
    const last = lastProcessId();
    if (ms > tooSoonToNumberAgain || last < this.#leader) return this.find();
    return last === this.#leader ? [] : this.find(this.#leader);
  }

  /** Ids of those that live, from one id on; zombies do not. */
  find(from = 0): number[] {
    const all = processIds()
      .filter((pid) => pid >= from && pid !== process.pid)
      .flatMap((pid) => processStat(pid) ?? [])
      .filter(({ state }) => !/^[ZX]$/.test(state));
    const grouped = new Set(this.#group?.find());
    const isOwn = ({ pid, session }: ProcessStat) =>
      pid === this.#leader || session === this.#leader || grouped.has(pid) || this.#isMarked(pid);
    return [...withDescendants(all, isOwn)];
  }

  /**
   * Those with their command lines, for a person; the first hundred. One that is only just being made still
   * has its parent's, `line`, or none, and is waited for a moment.
   */
  async tell(pids: readonly number[], line: string): Promise<LeftProcess[]> {
    for (let tries = 0; ; tries += 1) {
      const left = pids.slice(0, maxTold).map((pid) => ({ pid, command: commandOf(pid) }));
      const parent = line.slice(0, maxCommand);
      if (tries >= 10 || left.every(({ command }) => !['', parent].includes(command))) return left;
      await sleep(10);
    }
  }

  /** Asks all of them to end, and makes those that have not within a second. Once is enough. */
  end(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #end(): Promise<void> {
    this.#signal('SIGTERM');
    await soon(1000, () => !this.#isAnyoneLeft());
    await this.kill();
  }

  /** Ends all of them without asking. */
  async kill(): Promise<void> {
    this.#group?.kill();
    await soon(5000, () => this.#signal('SIGKILL') === 0);
  }

  /** The group tells it without a look at all processes of the node, as long as there is somebody in it. */
  #isAnyoneLeft(): boolean {
    return (this.#group?.find().length ?? 0) > 0 || this.find().length > 0;
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
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      .replace(/\0+$/, '')
      .replaceAll('\0', ' ')
      .slice(0, maxCommand);
  } catch {
    return '';
  }
}

/**
 * Looks whether something has come true, at first after 2 ms and in the end
 * every 25, for `within` ms at most.
 */
async function soon(within: number, isTrue: () => boolean): Promise<void> {
  const begin = performance.now();
  for (let pause = 2; !isTrue() && performance.now() - begin < within; pause = Math.min(25, 2 * pause))
    await sleep(pause);
}
