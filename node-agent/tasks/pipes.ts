import { execFile } from 'node:child_process';
import { accessSync, closeSync, constants, openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Descriptors of the two ends of a pipe. */
export interface Pipe {
  /** Ours; it never blocks. */
  readonly near: number;
  /** For a process; it is to be closed here once the process has it. */
  readonly far: number;
}

/** Made at once, for it takes a process. */
const batch = 16;

const { O_RDONLY, O_WRONLY, O_NONBLOCK } = constants;

/**
 * Pipes for the processes that the agent starts. Node itself gives a child sockets, which cannot be opened again by
 * their name: a `tee /dev/stderr` would fail (unix(7)). These are named pipes whose names go as soon as they are open;
 * proc(5) opens their other ends. Any user may open them again, for a task need not be root's.
 */
export class Pipes {
  /** Reading ends that do not block. */
  readonly #free: number[] = [];
  #making: Promise<void> | undefined;

  /** A pipe that a process writes. */
  async toRead(): Promise<Pipe> {
    const near = await this.#take();
    return { near, far: reopen(near, O_WRONLY) };
  }

  /** A pipe that a process reads. */
  async toWrite(): Promise<Pipe> {
    const first = await this.#take();
    // In this order, for without a reader the one and without a writer the other would wait.
    const near = reopen(first, O_WRONLY | O_NONBLOCK);
    const far = reopen(first, O_RDONLY);
    closeSync(first);
    return { near, far };
  }

  async #take(): Promise<number> {
    for (;;) {
      const free = this.#free.pop();
      if (free !== undefined) return free;
      this.#making ??= this.#make().finally(() => {
        this.#making = undefined;
      });
      await this.#making;
    }
  }

  async #make(): Promise<void> {
    const directory = await mkdtemp(join(writable('/run') ? '/run' : tmpdir(), 'shakedown-pipes-'));
    try {
      const names = Array.from({ length: batch }, (_, index) => join(directory, String(index)));
      await promisify(execFile)('mkfifo', ['-m', '666', '--', ...names]);
      for (const name of names) this.#free.push(openSync(name, O_RDONLY | O_NONBLOCK));
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }
}

const reopen = (end: number, flags: number): number => openSync(`/proc/self/fd/${end}`, flags);

function writable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
