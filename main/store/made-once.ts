import { existsSync } from 'node:fs';

/** Files that are made once by a process for all who ask. */
export class MadeOnce<Made extends { readonly file: string }> {
  readonly #known = new Map<string, Promise<Made>>();

  /**
   * What was made under this key, or else what `make` makes: anew where the last one failed, or its file is
   * no longer there.
   */
  async get(key: string, make: () => Promise<Made>): Promise<Made> {
    const found = this.#known.get(key);
    // Who tidied the folder may have taken it away.
    if (found && !existsSync((await found).file) && this.#known.get(key) === found) this.#known.delete(key);
    const making = this.#known.get(key) ?? make();
    this.#known.set(key, making);
    making.catch(() => this.#known.delete(key));
    return making;
  }
}
