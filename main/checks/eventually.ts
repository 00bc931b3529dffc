import { setTimeout as sleep } from 'node:timers/promises';
import { isOutOfTime } from './worker-link.ts';

/** Seconds. */
export interface EventuallyOptions {
  /** How long to try; 30 unless told. */
  readonly within?: number;
  /** How long to wait between two attempts; 0.25 unless told. */
  readonly every?: number;
}

/**
 * Calls `attempt` until it no longer throws, and gives what it gave. When the time is up the last failure is thrown,
 * with the number of attempts and the time added to its message; so it is when the test's own time is up. An attempt that is still under way when the time is
 * up is not waited for.
 */
export async function eventually<T>(
  attempt: () => T | Promise<T>,
  { within = 30, every = 0.25 }: EventuallyOptions = {},
): Promise<T> {
  const begun = performance.now();
  const end = begun + within * 1000;
  // Made here, where the stack still leads to the line that called us.
  const tooSlow = new Error('an attempt did not finish');
  Error.captureStackTrace(tooSlow, eventually);
  let last: unknown;
  for (let count = 1; ; count += 1) {
    try {
      return await inTime(attempt, end - performance.now(), last ?? tooSlow);
    } catch (error) {
      last = error;
    }
    if (performance.now() + every * 1000 >= end || isOutOfTime()) {
      throw withCount(last, count, (performance.now() - begun) / 1000);
    }
    await sleep(every * 1000);
  }
}

async function inTime<T>(attempt: () => T | Promise<T>, ms: number, otherwise: unknown): Promise<T> {
  const stop = new AbortController();
  const limit = sleep(Math.max(0, ms), undefined, { signal: stop.signal }).then(() => {
    throw otherwise;
  });
  try {
    return await Promise.race([attempt(), limit]);
  } finally {
    stop.abort();
    limit.catch(() => {});
  }
}

function withCount(error: unknown, count: number, seconds: number): unknown {
  const tries = `after ${count} ${count === 1 ? 'attempt' : 'attempts'} in ${seconds.toFixed(1)} s`;
  if (!(error instanceof Error)) return new Error(`${String(error)} (${tries})`);
  error.message = `${error.message} (${tries})`;
  return error;
}
