/** A test file that waits to be run. */
export interface WaitingFile {
  readonly path: string;
  /** ms that it is expected to take; undefined where nothing is known of it. */
  readonly expectedMs: number | undefined;
  /** ms that it took in earlier runs, where it was in one. */
  readonly recordedMs?: number;
}

/** Files that one runner runs in one process, one after the other. */
export interface Batch {
  readonly id: number;
  readonly files: readonly string[];
}

/** ms of tests beside which the start of a process does not count for much. */
const worthAProcess = 2000;

/** A process that dies, or a runner that is lost, takes no more files than these with it. */
const mostFiles = 200;

/** What is known of the suite while it is handed out. */
export interface Outlook {
  /** Runners that take files. */
  readonly runners: number;
  /** ms that a file of which nothing is known is taken to need; undefined as long as no file has ended. */
  readonly meanMs: number | undefined;
}

/**
 * How many files from the front of the queue one runner gets: as much as is worth a process, but no more than
 * leaves something for the others, so that batches shrink towards the end (guided self-scheduling:
 * Polychronopoulos and Kuck, 1987). As long as nothing is known each runner tries one file.
 */
export function batchLength(waiting: readonly WaitingFile[], { runners, meanMs }: Outlook): number {
  const expected = ({ expectedMs = meanMs }: WaitingFile) => expectedMs;
  const first = waiting[0] && expected(waiting[0]);
  if (first === undefined) return Math.min(1, waiting.length);
  const total = waiting.reduce((sum, file) => sum + (expected(file) ?? first), 0);
  const share = Math.min(worthAProcess, total / (3 * Math.max(1, runners)));
  const most = Math.min(mostFiles, Math.ceil(waiting.length / (2 * Math.max(1, runners))));
  let length = 1;
  for (let sum = first; length < most; length += 1) {
    const next = waiting[length];
    sum += (next && expected(next)) ?? first;
    if (!next || sum > share) break;
  }
  return length;
}
