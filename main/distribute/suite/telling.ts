import type { FileResult } from '../results/test-result.ts';

/** Who looks on: told of what happens as it does. */
export interface Telling {
  /** A runner has begun these files. */
  began(runner: string, node: string, files: readonly string[]): void;
  /** It has ended them, whatever came of that. */
  ended(runner: string): void;
  /** A file has a result; it may get another one, where its runner turns out to be broken. */
  result(result: FileResult, progress: Progress): void;
}

export interface Progress {
  readonly settled: number;
  readonly files: number;
}

export const silent: Telling = { began: () => undefined, ended: () => undefined, result: () => undefined };
