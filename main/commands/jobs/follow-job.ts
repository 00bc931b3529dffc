import type { Writable } from 'node:stream';
import { exitCodes } from '../../../common/exit-codes.ts';
import type { JobsApi } from '../../jobs/client/jobs-api.ts';
import type { WholeJobView } from '../../jobs/protocol.ts';

/** Writes a job's log as it comes, until the job is over or `signal` is aborted. */
export async function followLog(
  api: JobsApi,
  id: string,
  stdout: Writable,
  { follow, signal }: { readonly follow: boolean; readonly signal: AbortSignal },
): Promise<void> {
  for (let offset = 0; !signal.aborted; ) {
    const { bytes, next, isOver } = await api.log(id, offset, follow ? 20 : 0, signal);
    stdout.write(bytes);
    if (isOver || (!follow && bytes.length === 0)) return;
    // Another attempt has begun a log of its own.
    offset = next;
  }
}

/** What a finished job is told as to the shell. */
export function exitCodeOf({ state, verdict, attempts }: WholeJobView): number {
  if (state === 'cancelled') return exitCodes.interrupted;
  const result = attempts.at(-1)?.result;
  const exitCode = result && typeof result === 'object' && 'exitCode' in result ? result.exitCode : undefined;
  if (typeof exitCode === 'number') return exitCode;
  return verdict === 'pass' ? exitCodes.pass : verdict === 'fail' ? exitCodes.fail : exitCodes.error;
}
