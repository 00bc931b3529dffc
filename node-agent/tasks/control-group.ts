import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSystemError } from '../failure.ts';
import { signalAll } from '../process.ts';
import { quoted } from './task-script.ts';

/**
 * A control group of version 2 (cgroups(7)), by its folder. Whatever a process in it starts is in
 * it as well, be it without its environment, in another session, or orphaned. Nothing here
 * throws: a group that is gone is an empty one.
 */
export class ControlGroup {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  /**
   * Makes a group below this one; undefined where that may not be: who is not
   * root, and what is mounted read-only.
   */
  make(name: string): ControlGroup | undefined {
    const directory = join(this.directory, name);
    try {
      mkdirSync(directory);
    } catch (error) {
      if (!isSystemError(error, 'EEXIST')) return undefined;
    }
    return new ControlGroup(directory);
  }

  /** The file into which a process writes 0 to join. */
  get door(): string {
    return join(this.directory, 'cgroup.procs');
  }

  /**
   * What sh takes before a command line that is to run in the group. One that cannot be joined ends nothing:
   * the task is found by its other marks then.
   */
  get joining(): string {
    return `{ echo 0 >${quoted(this.door)}; } 2>/dev/null; `;
  }

  /** Ids of the processes in it and in the groups that they made below it. */
  find(): number[] {
    const own = textOf(this.door).split('\n').filter(Boolean).map(Number);
    return [...own, ...this.#below().flatMap((group) => group.find())];
  }

  /** Kills all of them at once; before Linux 5.14 one by one. */
  kill(): void {
    try {
      writeFileSync(join(this.directory, 'cgroup.kill'), '1');
    } catch {
      signalAll(this.find(), 'SIGKILL');
    }
  }

  /** False as long as a process is in it. */
  remove(): boolean {
    for (const group of this.#below()) group.remove();
    try {
      rmdirSync(this.directory);
    } catch (error) {
      return isSystemError(error, 'ENOENT');
    }
    return true;
  }

  #below(): ControlGroup[] {
    try {
      const entries = readdirSync(this.directory, { withFileTypes: true });
      return entries
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => new ControlGroup(join(this.directory, name)));
    } catch {
      return [];
    }
  }
}

/**
 * The group in which this process is; undefined where there is no version 2,
 * or our part of it is not mounted.
 */
export function ownControlGroup(): ControlGroup | undefined {
  const directory = ownGroupDirectory(textOf('/proc/self/mountinfo'), textOf('/proc/self/cgroup'));
  return directory === undefined ? undefined : new ControlGroup(directory);
}

/** The same, from proc(5)'s mountinfo and cgroups(7)'s /proc/self/cgroup. */
export function ownGroupDirectory(mountinfo: string, cgroup: string): string | undefined {
  const path = /^0::(\/.*)$/m.exec(cgroup)?.[1];
  const [, root, mounted] = /^\d+ \d+ \S+ (\S+) (\S+) .* - cgroup2 /m.exec(mountinfo) ?? [];
  if (path === undefined || root === undefined || mounted === undefined) return undefined;
  const top = root === '/' ? '' : root;
  // A namespace that was left shows as `/../…`.
  if (path.startsWith('/..') || !`${path}/`.startsWith(`${top}/`)) return undefined;
  return join(mounted, path.slice(top.length));
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
