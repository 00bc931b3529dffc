import type { WaitingFile } from './batch.ts';
import type { Choice, Line, Taken } from './line.ts';

/** A file that is run in a process of its own, before all that waits in its order. */
interface Single {
  readonly file: WaitingFile;
  /** Runners that are not to have it as long as there is another one. */
  readonly not: ReadonlySet<string>;
}

const nobody: ReadonlySet<string> = new Set();

/** Those that are to be run alone come first, the others in their order. */
export class WaitingLine implements Line {
  readonly #files: WaitingFile[];
  readonly #singles: Single[] = [];

  #knownMs = 0;
  #unknown = 0;

  /** `files`: in the order in which they are to be begun. */
  constructor(files: readonly WaitingFile[]) {
    this.#files = this.#whole(files);
    this.#count(this.#files, 1);
  }

  putSingle(file: WaitingFile, not = nobody): void {
    this.#singles.push({ file, not });
  }

  putBack(files: readonly WaitingFile[]): void {
    const whole = this.#whole(files);
    this.#files.unshift(...whole);
    this.#count(whole, 1);
  }

  /** A part of a file is run alone: it is another command. */
  #whole(files: readonly WaitingFile[]): WaitingFile[] {
    for (const file of files) if (file.part) this.putSingle(file);
    return files.filter(({ part }) => !part);
  }

  take(runner: string, { all, length }: Choice): Taken {
    const place = this.#singles.findIndex(
      ({ not }) => !not.has(runner) || all().every((other) => not.has(other)),
    );
    if (place >= 0) return { files: this.#singles.splice(place, 1).map(({ file }) => file), alone: true };
    const taken = this.#files.splice(0, length(this.#files));
    this.#count(taken, -1);
    return { files: taken, alone: false };
  }

  expectedMs(meanMs: number): number {
    return this.#knownMs + this.#unknown * meanMs;
  }

  #count(files: readonly WaitingFile[], sign: 1 | -1): void {
    for (const { expectedMs } of files) {
      if (expectedMs === undefined) this.#unknown += sign;
      else this.#knownMs += sign * expectedMs;
    }
  }

  get isEmpty(): boolean {
    return this.#files.length === 0 && this.#singles.length === 0;
  }
}
