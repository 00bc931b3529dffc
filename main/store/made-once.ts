import { existsSync } from 'node:fs';

/** Files that are made once by a process for all who ask. */
export class MadeOnce<Made> {
  readonly #known = new Map<string, Promise<Made>>();
  readonly #filesOf: (made: Made) => readonly string[];

  /** `filesOf`: all that must be there for what was made to be used again. */
  constructor(filesOf: (made: Made) => readonly string[]) {
    this.#filesOf = filesOf;
  }

  /**
   * What was made under this key, or else what `make` makes: anew where the last one failed, or its file is
   * no longer there.
   */
  async get(key: string, make: () => Promise<Made>): Promise<Made> {
    const found = this.#known.get(key);
    // Who tidied the folder may have taken it away.
    const isThere = !found || this.#filesOf(await found).every((file) => existsSync(file));
    if (!isThere && this.#known.get(key) === found) this.#known.delete(key);
    const making = this.#known.get(key) ?? make();
    this.#known.set(key, making);
    making.catch(() => this.#known.delete(key));
    return making;
  }
}
