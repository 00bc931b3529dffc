import type { Writable } from 'node:stream';
import { exitCodes } from '../../../common/exit-codes.ts';
import type { JobsApi } from '../../jobs/client/jobs-api.ts';
import type { WholeJobView } from '../../jobs/protocol.ts';

/**
 * Writes the log of a job's newest attempt; with `follow`, as it comes, and that of every attempt that
 * follows, until the job is over or `signal` is aborted.
 */
export async function followLog(
  api: JobsApi,
  id: string,
  stdout: Writable,
  { follow, signal }: { readonly follow: boolean; readonly signal: AbortSignal },
): Promise<void> {
  let attempt: number | undefined;
  for (let offset = 0; !signal.aborted; ) {
    const piece = await api.log(id, offset, follow ? 20 : 0, { attempt, signal });
    stdout.write(piece.bytes);
    offset = piece.next;
    attempt = piece.attempt;
    if (!follow && (piece.isOver || piece.bytes.length === 0)) return;
    if (!piece.isOver) continue;
    const { endedAt, attempts } = await api.job(id);
    if (attempts.length <= attempt && endedAt !== null) return;
    // Its worker was lost: the next one tells from the beginning.
    offset = 0;
    attempt += 1;
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
