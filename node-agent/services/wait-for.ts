import { existsSync } from 'node:fs';
import { ShakedownError } from '../../common/errors.ts';
import type { Probe } from '../../common/ready.ts';
import { limited } from '../../common/time-limit.ts';
import { type Problem, probeOf, type TryProbe, type Where } from './probe.ts';
import { tryUntilFine } from './try-until-fine.ts';

/**
 * Tries a probe until it finds nothing wrong, for `within` seconds at most; gives what was wrong
 * the last time where it did to the end. Throws the signal's reason.
 */
export async function waitFor(
  probe: Probe,
  within: number,
  where: Where,
  signal: AbortSignal,
): Promise<{ readonly problem?: string }> {
  const asked = probeOf(probe, where);
  if (!asked) throw new ShakedownError({ message: 'only a service has a log to wait for' });
  // A node that is asked by another one may not be as far as that.
  const attempt: TryProbe = async (either) =>
    'command' in probe && !existsSync(where.cwd)
      ? () => `there is no folder ${where.cwd} yet`
      : asked(either);
  const either = limited(within, signal);
  let last: Problem = () => 'nothing was tried';
  try {
    await tryUntilFine(attempt, either, (problem) => {
      last = problem;
    });
    return {};
  } catch (error) {
    signal.throwIfAborted();
    if (either.aborted) return { problem: last() };
    throw error;
  }
}
