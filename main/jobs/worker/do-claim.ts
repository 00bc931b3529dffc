import { asShakedownError, ShakedownError } from '../../../common/errors.ts';
import { maskFiles } from '../../secrets/mask-files.ts';
import { MaskedStream } from '../../secrets/mask-stream.ts';
import { Secrets } from '../../secrets/secrets.ts';
import type { JobsApi } from '../client/jobs-api.ts';
import type { ClaimAnswer } from '../worker-protocol.ts';
import { EventStream } from './event-stream.ts';
import { type JobContext, JobResult } from './job-context.ts';
import type { JobPlace } from './job-place.ts';
import type { KeptResults } from './kept-results.ts';
import { holdLease } from './lease.ts';
import { LogStream } from './log-stream.ts';

/** What doing a job needs of its worker. */
interface AtWork {
  readonly api: JobsApi;
  readonly results: KeptResults;
  /** Aborted when the worker ends its jobs: they run elsewhere, and have no result here. */
  readonly ending: AbortSignal;
  readonly tell: (line: string) => void;
  readonly doJob: (context: JobContext) => Promise<unknown>;
}

/**
 * Does a job under its lease. What it says and what it leaves goes to the server with its secrets masked, and
 * then its result, which stays on this disk until the server has it.
 */
export async function doClaim(claim: ClaimAnswer, place: JobPlace, worker: AtWork): Promise<void> {
  const { api, ending, results, tell } = worker;
  const { job, number } = claim;
  const secrets = new Secrets(
    Object.fromEntries((claim.secrets ?? []).map((each) => [each.name, each.value])),
  );
  const lease = holdLease(api, claim);
  const log = new LogStream(api, job, number);
  const masked = new MaskedStream(secrets);
  const events = new EventStream(api, job, number);
  tell(`job ${job} begins: ${claim.name}`);
  try {
    const came = await resultOf(worker, {
      signal: AbortSignal.any([lease.signal, ending]),
      ...{ folder: place.folder, place, api },
      log: (text) => log.write(masked.write(text)),
      tellEvents: (told) => events.tell(secrets.maskData(told)),
      addArtifact: async (path, file) => {
        await maskWhole(path, file, secrets);
        await api.addArtifact(job, number, secrets.mask(path), file);
      },
    });
    const { verdict } = came;
    const result = { job, number, verdict, result: secrets.maskData(came.result) };
    // What it came to after it was told to end says nothing of it: it runs elsewhere when the lease is over.
    const isLost = lease.signal.aborted;
    // Before the end of its log, which waits for a server that is away.
    if (!ending.aborted && !isLost) await results.keep(result);
    await log.write(masked.end());
    await log.end();
    if (isLost) tell(`job ${job} is given up: ${asShakedownError(lease.signal.reason).message}`);
    if (isLost || ending.aborted) return results.forget(result);
    const taken = await results.deliver(api, result);
    tell(`job ${job} ended: ${taken ? verdict : 'its result came too late'}`);
  } finally {
    lease.release();
  }
}

async function maskWhole(path: string, file: string, secrets: Secrets): Promise<void> {
  const [bad] = (await maskFiles(file, secrets)).filter(({ problem }) => problem !== undefined);
  if (!bad) return;
  const message = `${path} is not kept, for its secrets cannot be masked: ${bad.problem}`;
  throw new ShakedownError({ message });
}

async function resultOf(worker: AtWork, context: JobContext): Promise<JobResult> {
  try {
    const result = await worker.doJob(context);
    return result instanceof JobResult ? result : new JobResult('pass', result ?? null);
  } catch (error) {
    return new JobResult('error', { error: asShakedownError(error).message });
  }
}
