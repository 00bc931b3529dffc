import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ShakedownError } from '../../common/errors.ts';
import type { Probe } from '../../common/ready.ts';
import { probeOf, type Where } from './probe.ts';

/** ms between two tries. */
const longestPause = 500;

/**
 * Tries a probe until it finds nothing wrong, for `within` seconds at most; gives what was wrong the last time where
 * it did to the end. Throws the signal's reason.
 */
export async function waitFor(
  probe: Probe,
  within: number,
  where: Where,
  signal: AbortSignal,
): Promise<{ readonly problem?: string }> {
  const attempt = probeOf(probe, where);
  if (!attempt) throw new ShakedownError({ message: 'only a service has a log to wait for' });
  const late = AbortSignal.timeout(within * 1000);
  const either = AbortSignal.any([signal, late]);
  let last = 'nothing was tried';
  for (let pause = 25; !either.aborted; pause = Math.min(pause * 1.5, longestPause)) {
    // A node that is asked by another one may not be as far as that.
    const isThere = !('command' in probe) || existsSync(where.cwd);
    const problem = isThere ? await attempt(either) : `there is no folder ${where.cwd} yet`;
    signal.throwIfAborted();
    if (problem === undefined) return {};
    if (!late.aborted) last = problem;
    await sleep(pause, undefined, { signal: either }).catch(() => undefined);
  }
  signal.throwIfAborted();
  return { problem: last };
}
