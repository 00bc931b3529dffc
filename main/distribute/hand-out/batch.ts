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
  /** ms that a process takes beside its tests; 0 where that is not known. */
  readonly startMs: number;
}

/**
 * How many files from the front of the queue one runner gets: as much as is worth the start of a process, but
 * no more than leaves something for the others, so that batches shrink towards the end (guided
 * self-scheduling: Polychronopoulos and Kuck, 1987). As long as nothing is known each runner tries one file.
 */
export function batchLength(waiting: readonly WaitingFile[], { runners, meanMs, startMs }: Outlook): number {
  const expected = ({ expectedMs = meanMs }: WaitingFile) => expectedMs;
  const first = waiting[0] && expected(waiting[0]);
  if (first === undefined) return Math.min(1, waiting.length);
  const total = waiting.reduce((sum, file) => sum + (expected(file) ?? first), 0);
  const all = Math.max(1, runners);
  // Where starts count for more than what is left to do, each runner gets its part of that at once.
  const startsCount = startMs > total / (3 * all);
  const fair = startsCount ? Math.min(total / all, startMs) : total / (3 * all);
  const share = Math.min(Math.max(worthAProcess, 3 * startMs), fair);
  const most = Math.min(mostFiles, Math.ceil(waiting.length / (startsCount ? all : 2 * all)));
  let length = 1;
  for (let sum = first; length < most; length += 1) {
    const next = waiting[length];
    sum += (next && expected(next)) ?? first;
    if (!next || sum > share) break;
  }
  return length;
}
