/** A failure that is of no file alone. */
export interface SharedFailure {
  readonly files: readonly string[];
  readonly message: string;
}

/** Files that failed in one process and of which each was then run alone. */
interface Group {
  readonly files: readonly string[];
  readonly why: string;
}

/** What failed in processes with several files, and may be no file's own fault. */
export class SharedFailures {
  readonly #groups: Group[] = [];
  readonly #late: SharedFailure[] = [];

  /** They failed together, and each is run alone. */
  together(files: readonly string[], why: string): void {
    this.#groups.push({ files, why });
  }

  /** What was set up for all files of a runner could not be torn down. `last`: the one that it ran last. */
  late(runner: string, last: string | undefined, why: string): void {
    const message = `what runner ${runner} had set up for all its files could not be torn down: ${why}`;
    this.#late.push({ files: last === undefined ? [] : [last], message });
  }

  /** Those that no file explains. `passes`: whether a file passes alone. */
  list(passes: (file: string) => boolean): readonly SharedFailure[] {
    const groups = this.#groups
      .filter(({ files }) => files.every(passes))
      .map(({ files, why }) => ({
        files,
        message:
          files.length === 1
            ? `${files[0]} fails in a process that has run other files before (${why}), and passes alone`
            : `${files.length} files fail when one process runs them all (${why}), and each of them passes alone: ${files.join(' ')}`,
      }));
    return [...groups, ...this.#late];
  }
}
