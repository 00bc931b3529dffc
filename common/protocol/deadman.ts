/** Seconds for what the other side has said meanwhile to be read. */
const toWakeUp = 5;

/**
 * Calls back once when nothing was heard for too long: a side that lost its power or its network says no
 * goodbye, and TCP alone would wait for hours. Waiting begins with the first sign of life.
 */
export class Deadman {
  #within: number;
  readonly #silent: () => void;
  #timer: NodeJS.Timeout | undefined;

  /** `within`: seconds. */
  constructor(within: number, silent: () => void) {
    this.#within = within;
    this.#silent = silent;
  }

  heard(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#last(), this.#within * 1000);
    this.#timer.unref();
  }

  /** From now on it is called back when nothing is heard for `seconds`, where it would have waited longer. */
  insist(seconds: number): void {
    this.#within = Math.min(this.#within, Math.max(0, seconds - toWakeUp));
    this.heard();
  }

  /** Waits no longer. */
  rest(): void {
    clearTimeout(this.#timer);
  }

  /** A machine that was frozen wakes up with its timers due and the other side's words still unread. */
  #last(): void {
    this.#timer = setTimeout(this.#silent, toWakeUp * 1000);
    this.#timer.unref();
  }
}
