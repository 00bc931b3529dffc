import type { WaitingFile } from './batch.ts';

/** What a line needs to know of the runners to choose files for one of them. */
export interface Choice {
  /** Who takes files, the one that asks among them. */
  readonly all: () => readonly string[];
  /** How many from the front of these it is to get. */
  readonly length: (files: readonly WaitingFile[]) => number;
}

/** The files that wait to be begun. */
export interface Line {
  /** It is to be run alone; not by these runners, where there are other ones. */
  putSingle(file: WaitingFile, not?: ReadonlySet<string>): void;
  /** Files for this runner, taken out; none where there are none for it. */
  take(runner: string, choice: Choice): readonly WaitingFile[];
  readonly isEmpty: boolean;
}
