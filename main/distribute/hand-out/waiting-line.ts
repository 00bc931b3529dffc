import type { WaitingFile } from './batch.ts';

/** A file that is run in a process of its own, before all that waits in its order. */
interface Single {
  readonly file: WaitingFile;
  /** Runners that are not to have it as long as there is another one. */
  readonly not: ReadonlySet<string>;
}

const nobody: ReadonlySet<string> = new Set();

/** The files that wait to be begun. */
export class WaitingLine {
  readonly #files: WaitingFile[];
  readonly #singles: Single[] = [];

  /** `files`: in the order in which they are to be begun. */
  constructor(files: readonly WaitingFile[]) {
    this.#files = [...files];
  }

  /** It is run alone and before the others; not on these runners, where there are other ones. */
  putFirst(file: WaitingFile, not = nobody): void {
    this.#singles.push({ file, not });
  }

  /** A file that is to be run alone by this runner, taken out; `all`: who takes files. */
  takeSingle(runner: string, all: () => readonly string[]): WaitingFile | undefined {
    const place = this.#singles.findIndex(
      ({ not }) => !not.has(runner) || all().every((other) => not.has(other)),
    );
    return place < 0 ? undefined : this.#singles.splice(place, 1)[0]?.file;
  }

  /** Those that are not to be run alone, in their order. */
  get files(): readonly WaitingFile[] {
    return this.#files;
  }

  /** The first so many of `files`, taken out. */
  take(length: number): readonly WaitingFile[] {
    return this.#files.splice(0, length);
  }
}
