import { setTimeout as sleep } from 'node:timers/promises';
import { ShakedownError } from '../../common/errors.ts';
import { present } from '../../common/present.ts';
import { limited } from '../../common/time-limit.ts';
import type { Entry } from './entry.ts';
import { type Problem, prepareProbe } from './probe.ts';
import { endedWhileStarting, notReady } from './service-failures.ts';
import { tryUntilFine } from './try-until-fine.ts';

/**
 * Starts a service by `start` and waits until it is ready: its probe finds nothing wrong, or
 * without one it is still there a moment later. Throws ShakedownError when it ends or is not
 * ready in time, and the reason of `outer`.
 */
export async function becomeReady(
  entry: Entry,
  workingDir: string,
  outer: AbortSignal,
  start: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { spec, service } = entry;
  const ended = new AbortController();
  entry.onEnd = () => ended.abort();
  const signal = limited(spec.readyWithin, outer, ended.signal);
  let last: Problem = () => (spec.unit === undefined ? 'it was not started' : 'systemd is still starting it');
  // The log is watched from before the start, or its first lines would be missed.
  using probe = spec.ready
    ? prepareProbe(spec.ready, service, { cwd: workingDir, ...present({ env: spec.probeEnv }) })
    : undefined;
  try {
    await start(signal);
    signal.throwIfAborted();
    if (probe) {
      await tryUntilFine(probe.attempt, signal, (problem) => {
        last = problem;
      });
    } else {
      // Without a probe, one that ends at once has not started.
      await sleep(250, undefined, { signal });
      if ((await service.look()).restarting) throw await endedWhileStarting(spec, service, entry.end);
    }
  } catch (error) {
    if (error instanceof ShakedownError) throw error;
    if (ended.signal.aborted) throw await endedWhileStarting(spec, service, entry.end);
    outer.throwIfAborted();
    if (signal.aborted) throw await notReady(spec, service, last());
    throw error;
  } finally {
    entry.onEnd = undefined;
  }
}
