import { setTimeout as sleep } from 'node:timers/promises';
import { ShakedownError } from '../../../common/errors.ts';
import { mayBeAskedAgain } from '../client/asking.ts';
import type { JobsApi } from '../client/jobs-api.ts';

/** Part of a lease that is left to end a job in, when it cannot be renewed. */
const margin = 0.2;

/**
 * Keeps an attempt's lease until it is released. Its signal is aborted when the server says that the attempt
 * is over, and before the lease ends when the server is not reached: by then another worker may get the job.
 */
export function holdLease(
  api: JobsApi,
  { job, number, leaseSeconds }: { job: string; number: number; leaseSeconds: number },
): { readonly signal: AbortSignal; release(): void } {
  const lost = new AbortController();
  const over = new AbortController();
  const keep = async (): Promise<void> => {
    const ends = (renewed: number) => renewed + leaseSeconds * 1000 * (1 - margin);
    for (let renewed = performance.now(), pause = leaseSeconds * 300; ; ) {
      await sleep(pause, undefined, { signal: over.signal }).catch(() => undefined);
      if (over.signal.aborted) return;
      const asked = performance.now();
      try {
        // A server that says nothing leaves time for another one.
        const left = (ends(renewed) - asked) / 1000;
        await api.renew(job, number, over.signal, Math.max(0.1, Math.min(left, leaseSeconds * 0.2)));
        [renewed, pause] = [asked, leaseSeconds * 300];
      } catch (error) {
        if (over.signal.aborted) return;
        if (!mayBeAskedAgain(error)) return lost.abort(error);
        pause = Math.min(200, leaseSeconds * 50);
      }
      // Ended a little early rather than late: another worker gets the job then.
      if (performance.now() + pause >= ends(renewed)) {
        return lost.abort(new ShakedownError({ message: 'the job server was not reached in time' }));
      }
    }
  };
  void keep();
  return { signal: lost.signal, release: () => over.abort() };
}
