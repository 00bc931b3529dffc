import { AsyncLocalStorage } from 'node:async_hooks';
import type { Ask } from './database.ts';

/**
 * Which transaction a caller stands in, if any. A timer that was started inside of one outlives it: once the
 * transaction is over, what asks from there is outside again.
 */
export class OpenTransaction {
  readonly #storage = new AsyncLocalStorage<{ ask: Ask | undefined }>();

  get ask(): Ask | undefined {
    return this.#storage.getStore()?.ask;
  }

  async during<T>(ask: Ask, act: () => Promise<T>): Promise<T> {
    const here: { ask: Ask | undefined } = { ask };
    try {
      return await this.#storage.run(here, act);
    } finally {
      here.ask = undefined;
    }
  }
}
