import type { WaitingFile } from './batch.ts';

/** A runner that has files. */
export interface Busy {
  readonly files: readonly WaitingFile[];
  /** ms since it began with them, and that they are expected to take in all at its pace. */
  readonly forMs: number;
  readonly expectedMs: number;
  /** How many times as long as expected it takes. */
  readonly pace: number;
}

/** ms by which a copy must be done earlier to be worth its work. */
const worth = 1000;

/** How many times slower a runner is, beside which its files are stragglers however well they do. */
const slow = 2;

/**
 * The file that a runner without work does well to run a second time: one that takes much longer than it did
 * before, or that a much slower runner has. Who is late is taken to need as long again as it is late by now.
 * `cost`: ms that this one needs for a file. `mayCopy`: not where there is a copy already.
 */
export function straggler(
  busy: readonly Busy[],
  own: { readonly pace: number; readonly cost: (file: WaitingFile) => number | undefined },
  mayCopy: (file: WaitingFile) => boolean,
): WaitingFile | undefined {
  let found: { readonly file: WaitingFile; readonly leftMs: number } | undefined;
  for (const { files, forMs, expectedMs, pace } of busy) {
    const late = forMs > expectedMs && files.every(({ recordedMs }) => recordedMs !== undefined);
    if (!late && pace < slow * own.pace) continue;
    // It comes to the last of its files last.
    const file = files.findLast(mayCopy);
    const cost = file && own.cost(file);
    const leftMs = Math.abs(expectedMs - forMs);
    if (cost === undefined || leftMs <= cost + worth || leftMs <= (found?.leftMs ?? 0)) continue;
    if (file) found = { file, leftMs };
  }
  return found?.file;
}
