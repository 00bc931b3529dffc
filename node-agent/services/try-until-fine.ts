import { setTimeout as sleep } from 'node:timers/promises';
import { pauseAfter } from '../../common/pause-after.ts';
import type { Problem, TryProbe } from './probe.ts';

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
