import { setTimeout as sleep } from 'node:timers/promises';
import { ShakedownError } from '../../../common/errors.ts';
import { type JobsApi, RefusedError } from '../client/jobs-api.ts';

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
    let renewed = performance.now();
    while (!over.signal.aborted) {
      await sleep(leaseSeconds * 300, undefined, { signal: over.signal }).catch(() => undefined);
      if (over.signal.aborted) return;
      const asked = performance.now();
      const left = leaseSeconds * 1000 * (1 - margin) - (asked - renewed);
      try {
        await api.renew(job, number, AbortSignal.any([over.signal, AbortSignal.timeout(Math.max(left, 1))]));
        renewed = asked;
      } catch (error) {
        if (over.signal.aborted) return;
        const isLate = performance.now() - renewed >= leaseSeconds * 1000 * (1 - margin);
        if (error instanceof RefusedError && error.status < 500) return lost.abort(error);
        if (isLate)
          return lost.abort(new ShakedownError({ message: 'the job server was not reached in time' }));
      }
    }
  };
  void keep();
  return { signal: lost.signal, release: () => over.abort() };
}
