import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { signalAll } from './signal-all.ts';

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
      if (codeOf(error) !== 'EEXIST') return undefined;
    }
    return new ControlGroup(directory);
  }

  get name(): string {
    return basename(this.directory);
  }

  /** The file into which a process writes 0 to join. */
  get door(): string {
    return join(this.directory, 'cgroup.procs');
  }

  /** Ids of the processes in it, but not in a group below it. */
  members(): number[] {
    return textOf(this.door).split('\n').filter(Boolean).map(Number);
  }

  /** Ids of the processes in it and in the groups that they made below it. */
  find(): number[] {
    return [...this.members(), ...this.below().flatMap((group) => group.find())];
  }

  /** Those around it, itself first, as far as they are mounted. */
  withAncestors(): readonly ControlGroup[] {
    const above = new ControlGroup(dirname(this.directory));
    return [this, ...(above.get('cgroup.controllers') === '' ? [] : above.withAncestors())];
  }

  /** The text of one of its files; empty where there is none. */
  get(file: string): string {
    return textOf(join(this.directory, file));
  }

  /** Sets one of its files; false where there is none, or it may not be. */
  set(file: string, value: string): boolean {
    try {
      const opened = openSync(join(this.directory, file), constants.O_WRONLY);
      try {
        writeSync(opened, value);
      } finally {
        closeSync(opened);
      }
      return true;
    } catch {
      return false;
    }
  }

  /** Kills all of them at once; before Linux 5.14 one by one, frozen meanwhile: none starts another. */
  kill(): void {
    if (this.set('cgroup.kill', '1')) return;
    this.set('cgroup.freeze', '1');
    signalAll(this.find(), 'SIGKILL');
    this.set('cgroup.freeze', '0');
  }

  /** Kills what is in it, and removes it once nothing is; false when something still is after `limit` ms. */
  async end(limit = 10_000): Promise<boolean> {
    for (const began = performance.now(); ; await sleep(20)) {
      this.kill();
      // What was killed is in its group until its parent has been told.
      if (this.remove()) return true;
      if (performance.now() - began > limit) return false;
    }
  }

  /** False as long as a process is in it. */
  remove(): boolean {
    // Most have none below them.
    if (this.#removeItself()) return true;
    for (const group of this.below()) group.remove();
    return this.#removeItself();
  }

  #removeItself(): boolean {
    try {
      rmdirSync(this.directory);
      return true;
    } catch (error) {
      return codeOf(error) === 'ENOENT';
    }
  }

  /** Those right in it. */
  below(): ControlGroup[] {
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

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;
