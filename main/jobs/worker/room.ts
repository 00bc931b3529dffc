import { mkdirSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Bytes that a worker's disk has to have free before it takes a job. */
const enough = 16 * 1024 * 1024;

/** ms between two looks. */
const lookEvery = 1000;

/** Whether the disk of a worker has room for one more job. */
export class Room {
  readonly #folder: string;
  readonly #tell: (line: string) => void;
  #problem: string | undefined;

  constructor(folder: string, tell: (line: string) => void) {
    this.#folder = folder;
    this.#tell = tell;
  }

  /** Why no job is taken now; undefined while there is room. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Resolves once there is room, or `signal` is aborted. What is found is told when it changes. */
  async wait(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const before = this.#problem;
      this.#problem = await this.#look();
      if (this.#problem !== before) this.#tell(this.#problem ?? `${this.#folder} has room again`);
      if (this.#problem === undefined) return;
      await sleep(lookEvery, undefined, { signal }).catch(() => undefined);
    }
  }

  async #look(): Promise<string | undefined> {
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      const { bavail, bsize } = await statfs(this.#folder);
      if (bavail * bsize >= enough) return undefined;
      return `takes no job: the disk of ${this.#folder} has less than ${enough / 2 ** 20} MiB free`;
    } catch (error) {
      return `takes no job: ${(error as Error).message}`;
    }
  }
}
