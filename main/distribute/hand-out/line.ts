import type { WaitingFile } from './batch.ts';

/** What a line needs to know of the runners to choose files for one of them. */
export interface Choice {
  /** Who takes files, the one that asks among them. */
  readonly all: () => readonly string[];
  /** How many from the front of these it is to get. */
  readonly length: (files: readonly WaitingFile[]) => number;
}

/** Files that leave the line. */
export interface Taken {
  readonly files: readonly WaitingFile[];
  /** They are to have a process of their own, in which no others ran before. */
  readonly alone: boolean;
}

/** The files that wait to be begun. */
export interface Line {
  /** It is to be run alone; not by these runners, where there are other ones. */
  putSingle(file: WaitingFile, not?: ReadonlySet<string>): void;
  /** Nobody began any of these: they come first again. */
  putBack(files: readonly WaitingFile[]): void;
  /** Files for this runner, taken out; none where there are none for it. */
  take(runner: string, choice: Choice): Taken;
  /** ms that those take that are not to be run alone, with so many for each of which nothing is known. */
  expectedMs(meanMs: number): number;
  readonly isEmpty: boolean;
}
