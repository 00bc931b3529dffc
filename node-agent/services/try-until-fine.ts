import { setTimeout as sleep } from 'node:timers/promises';
import type { Problem, TryProbe } from './probe.ts';

/** ms between two tries, at least and at most. */
const shortest = 15;
const longest = 250;

/**
 * ms until the next try. What becomes ready is seen soon, by what it took: within 15 ms at
 * first, within a fiftieth of the time that has gone by later. One whose tries are work
 * themselves is left two thirds of the time in peace.
 */
export const pauseAfter = (waited: number, took: number): number =>
  Math.min(Math.max(shortest, waited / 50, took * 2), longest);

/**
 * Tries a probe again and again until it finds nothing wrong; `onProblem` is told of each thing
 * that it found before. Rejects once the signal is aborted.
 */
export async function tryUntilFine(
  attempt: TryProbe,
  signal: AbortSignal,
  onProblem: (problem: Problem) => void,
): Promise<void> {
  const begun = performance.now();
  for (;;) {
    const before = performance.now();
    const problem = await attempt(signal);
    signal.throwIfAborted();
    if (problem === undefined) return;
    onProblem(problem);
    const now = performance.now();
    await sleep(pauseAfter(now - begun, now - before), undefined, { signal });
  }
}
