import { setTimeout as sleep } from 'node:timers/promises';
import { printableLine } from '../../../common/text/printable.ts';
import type { JobsApi } from '../../jobs/client/jobs-api.ts';
import { voiceOf } from '../../report/voice.ts';
import type { CommandEnvironment } from '../command.ts';
import { exitCodeOf, followLog } from './follow-job.ts';

/** ms between two looks at a job that waits. */
const lookEvery = 1000;

/**
 * Follows a job's log until it is over, and tells why it waits and what it came to. Gives its exit code.
 */
export async function awaitJob(api: JobsApi, id: string, environment: CommandEnvironment): Promise<number> {
  const { stdout, signal } = environment;
  const voice = voiceOf(environment);
  voice.info(`job ${id}`);
  const followed = new AbortController();
  await Promise.all([
    followLog(api, id, stdout, { follow: true, signal }).finally(() => followed.abort()),
    tellWaiting(api, id, (line) => voice.info(line), AbortSignal.any([signal, followed.signal])),
  ]);
  signal.throwIfAborted();
  const job = await api.job(id);
  const why = job.note === null ? '' : `: ${printableLine(job.note)}`;
  voice.info(`job ${id} ended: ${job.verdict ?? job.state}${why}`);
  return exitCodeOf(job);
}

/** Tells why a job waits, and again when it is for another reason, until it is begun. */
async function tellWaiting(
  api: JobsApi,
  id: string,
  tell: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  let told: string | undefined;
  while (!signal.aborted) {
    const { state, waiting, waitingFor } = await api.job(id);
    if (state !== 'queued') return;
    // Of one reason the words change all the time: which workers, until when.
    if (waiting !== undefined && waitingFor !== 'worker' && waitingFor !== told)
      tell(`waits: ${printableLine(waiting)}`);
    told = waitingFor;
    await sleep(lookEvery, undefined, { signal }).catch(() => undefined);
  }
}
