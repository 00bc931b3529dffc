/** Something that is acquired and released: both halves in one place. */
export interface Acquirable<T> {
  /** On a throw nothing is left of it. */
  acquire(): Promise<T> | T;
  /** Called once, when the scope ends, however it came to that. */
  release(value: T): Promise<unknown> | unknown;
}

/**
 * What has been acquired, to be released in the reverse order. A release that fails is
 * told, and keeps no other from being done.
 */
export class Scope {
  readonly #releases: (() => unknown)[] = [];
  readonly #failed: (error: unknown) => void;

  /** `failed` is told what each failing release threw. */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  async acquire<T>({ acquire, release }: Acquirable<T>): Promise<T> {
    const value = await acquire();
    this.#releases.push(() => release(value));
    return value;
  }

  /** Something to do when all that is acquired from now on has been released. */
  atRelease(action: () => unknown): void {
    this.#releases.push(action);
  }

  /** Releases the last first, also what is acquired meanwhile. Never throws. */
  async release(): Promise<void> {
    for (let next = this.#releases.pop(); next; next = this.#releases.pop()) {
      try {
        await next();
      } catch (error) {
        this.#failed(error);
      }
    }
  }
}
