import { setTimeout as sleep } from 'node:timers/promises';
import type { TryProbe } from './probe.ts';

/** ms between two tries: at first, and at most. */
const firstPause = 25;
const longestPause = 500;

/**
 * Tries a probe again and again until it finds nothing wrong; `onProblem` is told of each thing
 * that it found before. Rejects once the signal is aborted.
 */
export async function tryUntilFine(
  attempt: TryProbe,
  signal: AbortSignal,
  onProblem: (problem: string) => void,
): Promise<void> {
  for (let pause = firstPause; ; pause = Math.min(pause * 1.5, longestPause)) {
    const problem = await attempt(signal);
    signal.throwIfAborted();
    if (problem === undefined) return;
    onProblem(problem);
    await sleep(pause, undefined, { signal });
  }
}
