import { EventEmitter, once } from 'node:events';

/** Wakes those who wait for something to change; what another server changed is seen at the next look. */
export class Signals {
  readonly #emitter = new EventEmitter().setMaxListeners(0);

  /** Calls `act` at each change that this server knows of. */
  on(what: string, act: () => void): void {
    this.#emitter.on(what, act);
  }

  changed(what: string): void {
    this.#emitter.emit(what);
  }

  /**
   * Asks until it gives something, `signal` is aborted or `seconds` are over: at once,
   * at each change, and once a second.
   */
  async until<T>(
    what: string,
    seconds: number,
    signal: AbortSignal,
    ask: () => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const deadline = performance.now() + seconds * 1000;
    for (;;) {
      const patience = new AbortController();
      const either = AbortSignal.any([signal, patience.signal]);
      // Listens before it asks: a change meanwhile is not missed.
      const change = once(this.#emitter, what, { signal: either }).catch(() => undefined);
      const found = signal.aborted ? undefined : await ask();
      const left = deadline - performance.now();
      if (found !== undefined || left <= 0 || signal.aborted) {
        patience.abort();
        return found;
      }
      const timer = setTimeout(() => patience.abort(), Math.min(left, 1000));
      await change;
      clearTimeout(timer);
    }
  }
}
