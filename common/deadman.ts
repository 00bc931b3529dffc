/**
 * Calls back once when nothing was heard for too long: a side that lost its power or its network says no
 * goodbye, and TCP alone would wait for hours. Waiting begins with the first sign of life.
 */
export class Deadman {
  readonly #within: number;
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

  /** Waits no longer. */
  rest(): void {
    clearTimeout(this.#timer);
  }

  /** A machine that was frozen wakes up with its timers due and the other side's words still unread. */
  #last(): void {
    this.#timer = setTimeout(this.#silent, 5000);
    this.#timer.unref();
  }
}
