import type { PartOfFile, WaitingFile } from './batch.ts';
import type { Durations } from './durations.ts';

/** A suite's files, and how long each of them may take. */
export class KnownFiles {
  readonly #all: ReadonlyMap<string, WaitingFile>;
  readonly #durations: Durations;

  constructor(files: readonly WaitingFile[], durations: Durations) {
    this.#all = new Map(files.map((file) => [file.path, file]));
    this.#durations = durations;
  }

  /** In the order in which they are to be begun. */
  get paths(): readonly string[] {
    return [...this.#all.keys()];
  }

  get size(): number {
    return this.#all.size;
  }

  of(path: string): WaitingFile {
    return this.#all.get(path) ?? { path, expectedMs: undefined };
  }

  /** ms that a file took in earlier runs; undefined where it was in none. */
  recordedMs(path: string): number | undefined {
    return this.#all.get(path)?.recordedMs;
  }

  /** The part of a file that a path stands for, where it does. */
  partOf(path: string): PartOfFile | undefined {
    return this.#all.get(path)?.part;
  }

  /** ms that a file is expected to take; undefined as long as nothing is known. */
  expectedMs(path: string): number | undefined {
    return this.#all.get(path)?.expectedMs ?? this.#durations.meanMs;
  }
}
