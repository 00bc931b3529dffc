import { readFileSync } from 'node:fs';
import type { ControlGroup } from '../../common/processes/control-group.ts';
import { withDescendants } from '../proc/descendants.ts';
import { kernelUnits } from '../proc/kernel-units.ts';
import { type ProcessStat, processIds, processStat } from '../proc/process-stat.ts';

/** A task that may not take more memory than it is told. */
export interface LimitedTask {
  /** Its first process, which leads its session. */
  readonly leader: number;
  readonly group: ControlGroup | undefined;
  /** Bytes for all its processes together. */
  readonly limit: number;
  /** Called once, with the bytes that they have, when these are more. */
  readonly over: (bytes: number) => void;
}

/** ms: what leaks takes some time to fill a node. */
const every = 200;

/**
 * Looks at the memory of tasks that have a limit, of all of them in one look at /proc. Pages that processes
 * share, as those of a server that forks, count once.
 */
export class MemoryWatch {
  readonly #tasks = new Set<LimitedTask>();
  #timer: NodeJS.Timeout | undefined;

  /** Gives what ends the watch. */
  add(task: LimitedTask): () => void {
    this.#tasks.add(task);
    this.#timer ??= setInterval(() => this.#look(), every).unref();
    return () => this.#remove(task);
  }

  #remove(task: LimitedTask): void {
    this.#tasks.delete(task);
    if (this.#tasks.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    const all = processIds().flatMap((pid) => processStat(pid) ?? []);
    const { page } = kernelUnits();
    for (const task of this.#tasks) {
      const own = processesOf(task, all);
      const resident = own.reduce((sum, { residentPages }) => sum + residentPages * page, 0);
      // What they share is looked at only where it matters: that costs the kernel more.
      if (resident <= task.limit) continue;
      const bytes = own.reduce((sum, { pid, residentPages }) => {
        return sum + (proportional(pid) ?? residentPages * page);
      }, 0);
      if (bytes <= task.limit) continue;
      this.#remove(task);
      task.over(bytes);
    }
  }
}

/** Those of its group, and of its session with all that descends from them. */
function processesOf({ leader, group }: LimitedTask, all: readonly ProcessStat[]): readonly ProcessStat[] {
  const grouped = new Set(group?.find());
  const found = withDescendants(all, ({ pid, session }) => session === leader || grouped.has(pid));
  return all.filter(({ pid }) => found.has(pid));
}

/**
 * Bytes of a process, each shared page divided by how many share it; undefined where that may not be read.
 */
function proportional(pid: number): number | undefined {
  try {
    const kib = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
    return kib === undefined ? undefined : Number(kib) * 1024;
  } catch {
    return undefined;
  }
}
