import type { Standing } from '../../queue/queued-job.ts';

/** ms after which somebody looks again for what another server changed. */
const staleAfter = 900;
/** Claims at once of workers that can do the same. */
const widest = 64;

/**
 * Keeps a crowd of workers that can do the same, and wait, from all asking the database for each job that
 * comes: one asks, and while there are jobs twice as many do the next time. Once there is none, none asks
 * before something has changed.
 */
export class ClaimGate {
  #version = 0;
  readonly #doors = new Map<string, Door>();

  /** Jobs came, or others ended. */
  changed(): void {
    this.#version += 1;
  }

  /** Asks when it is of use, in turn with those of the same `key`; undefined when there is nothing now. */
  async pass(key: string, ask: () => Promise<Standing>): Promise<Standing | undefined> {
    const door = this.#doors.get(key) ?? new Door();
    this.#doors.set(key, door);
    await door.enter();
    try {
      const { none } = door;
      if (none?.version === this.#version && performance.now() - none.at < staleAfter) return undefined;
      const version = this.#version;
      const standing = await ask();
      if (standing.standing === 'none') door.none = { version, at: performance.now() };
      door.widen(standing.standing);
      return standing;
    } finally {
      door.leave();
      if (door.isIdle && door.none === undefined) this.#doors.delete(key);
    }
  }
}

class Door {
  none: { readonly version: number; readonly at: number } | undefined;
  #width = 1;
  #inside = 0;
  readonly #waiting: (() => void)[] = [];

  get isIdle(): boolean {
    return this.#inside === 0 && this.#waiting.length === 0;
  }

  async enter(): Promise<void> {
    if (this.#inside >= this.#width) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#inside += 1;
  }

  leave(): void {
    this.#inside -= 1;
    while (this.#inside < this.#width) {
      const next = this.#waiting.shift();
      if (!next) return;
      this.#inside += 1;
      next();
    }
  }

  widen(standing: Standing['standing']): void {
    if (standing === 'claimed') this.#width = Math.min(this.#width * 2, widest);
    if (standing === 'none') this.#width = 1;
  }
}
