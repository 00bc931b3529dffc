/** Files that a runner was given together. */
interface Held {
  readonly runner: string;
  /** Those of which nothing is known yet. */
  readonly files: Set<string>;
  readonly cancelled: AbortController;
}

/** Who has which files; at the tail two may have the same one. */
export class InHand {
  readonly #byFile = new Map<string, Set<Held>>();

  /** Gives what is aborted when others were done with all of them before. */
  take(runner: string, files: readonly string[]): AbortSignal {
    const held: Held = { runner, files: new Set(files), cancelled: new AbortController() };
    for (const path of files) this.#byFile.set(path, new Set(this.#byFile.get(path)).add(held));
    return held.cancelled.signal;
  }

  /** Whether it has the file, and nobody has been done with that before. */
  has(runner: string, path: string): boolean {
    return [...(this.#byFile.get(path) ?? [])].some((held) => held.runner === runner);
  }

  /** How many have it. */
  holders(path: string): number {
    return this.#byFile.get(path)?.size ?? 0;
  }

  /** A runner is done with it: whoever else has it need not go on. */
  done(runner: string, path: string): void {
    for (const held of this.#byFile.get(path) ?? []) {
      held.files.delete(path);
      if (held.runner !== runner && held.files.size === 0) held.cancelled.abort();
    }
    this.#byFile.delete(path);
  }

  /** A runner has it no more, without a result. */
  release(runner: string, path: string): void {
    const held = this.#byFile.get(path);
    for (const each of held ?? []) {
      if (each.runner !== runner) continue;
      each.files.delete(path);
      held?.delete(each);
    }
    if (held?.size === 0) this.#byFile.delete(path);
  }
}
