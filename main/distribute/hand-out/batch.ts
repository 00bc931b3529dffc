/** A test file that waits to be run. */
export interface WaitingFile {
  readonly path: string;
  /** ms that it is expected to take; undefined where nothing is known of it. */
  readonly expectedMs: number | undefined;
  /** ms that it took in earlier runs, where it was in one. */
  readonly recordedMs?: number;
  /** It is a part of a file, and its path a name for that. */
  readonly part?: PartOfFile;
}

/** Some tests of a file: all but those that other parts run. */
export interface PartOfFile {
  readonly file: string;
  /** As the framework calls them. */
  readonly leftOut: readonly string[];
}

/** Files that one runner runs in one process, one after the other. */
export interface Batch {
  readonly id: number;
  readonly files: readonly string[];
  /** It is to have a process of its own, in which no others ran before. */
  readonly alone: boolean;
  /** Aborted when other runners were done with all its files before. */
  readonly cancelled: AbortSignal;
}

/**
 * What a runner asks for: files for one process, whose start is to be worth it; or files that a process which
 * stays takes one after the other, worth so many ms, for it gets more before it is done with them.
 */
export type Want = 'process' | { readonly aheadMs: number };

/** ms of tests beside which the start of a process does not count for much. */
const worthAProcess = 2000;

/** A process that dies, or a runner that is lost, takes no more files than these with it. */
const mostFiles = 200;

/** When a runner can take files again. */
export interface Free {
  /** ms from now, as far as that can be told. */
  readonly inMs: number;
  /** How many times as long as expected it takes. */
  readonly pace: number;
}

/** What is known of the suite while it is handed out. */
export interface Outlook {
  /** Runners that take files, or will. */
  readonly runners: number;
  /** ms that a file of which nothing is known is taken to need; undefined as long as no file has ended. */
  readonly meanMs: number | undefined;
  /** ms that a process takes beside its tests; 0 where that is not known. */
  readonly startMs: number;
  /** How many times as long as expected the runner takes that asks. */
  readonly pace: number;
  /** ms that all that waits is expected to take, a file of which nothing is known `unknownMs`. */
  readonly waitingMs: (unknownMs: number) => number;
  /** When each of the other runners can take files: much work where they are many. */
  readonly others: () => readonly Free[];
}

/**
 * How many files from the front of the queue one runner gets: as much as is worth the start of a process, but
 * no more than leaves something for the others, so that batches shrink towards the end (guided
 * self-scheduling: Polychronopoulos and Kuck, 1987). Where starts count for more than what is left to do,
 * each runner gets at once what lets all of them end together. As long as nothing is known each tries one
 * file.
 */
export function batchLength(waiting: readonly WaitingFile[], outlook: Outlook): number {
  const { runners, meanMs, startMs, pace, waitingMs } = outlook;
  const expected = ({ expectedMs = meanMs }: WaitingFile) => expectedMs;
  const first = waiting[0] && expected(waiting[0]);
  if (first === undefined) return Math.min(1, waiting.length);
  const total = waitingMs(meanMs ?? first);
  const guided = total / (3 * Math.max(1, runners));
  const startsCount = startMs > guided;
  const fair = startsCount ? evenShare(total, outlook) : guided / Math.max(1, pace);
  // Sums of fractions: the last file is not left behind for a rounding.
  const share = Math.min(Math.max(worthAProcess, 3 * startMs), fair + 1e-6);
  const most = startsCount ? mostFiles : Math.min(mostFiles, Math.ceil(waiting.length / (2 * runners)));
  let length = 1;
  for (let sum = first; length < most; length += 1) {
    const next = waiting[length];
    sum += (next && expected(next)) ?? first;
    if (!next || sum > share) break;
  }
  return length;
}

/** How many files from the front of the queue are worth so many ms: one where nothing is known of it. */
export function lengthWorth(
  waiting: readonly WaitingFile[],
  aheadMs: number,
  meanMs: number | undefined,
): number {
  let sum = 0;
  for (const [index, { expectedMs = meanMs }] of waiting.entries()) {
    if (expectedMs === undefined) return Math.max(1, index);
    if (index > 0 && sum + expectedMs > aheadMs) return index;
    sum += expectedMs;
  }
  return waiting.length;
}

/**
 * ms of the work left that the runner who asks is to get, so that all runners end at the same time when each
 * begins one process more as soon as it can: those that are busy past that time get nothing.
 */
function evenShare(total: number, { startMs, pace, others }: Outlook): number {
  const own = { inMs: 0, pace };
  const ready = ({ inMs, pace: times }: Free) => inMs + times * startMs;
  let [end, speed, behind] = [Number.POSITIVE_INFINITY, 0, 0];
  for (const each of [own, ...others()].sort((one, other) => ready(one) - ready(other))) {
    if (ready(each) >= end) break;
    speed += 1 / each.pace;
    behind += ready(each) / each.pace;
    end = (total + behind) / speed;
  }
  return Math.max(0, end - ready(own)) / pace;
}
