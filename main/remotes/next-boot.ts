import { setTimeout as sleep } from 'node:timers/promises';
import { TimeLimitError } from '../../common/errors.ts';
import type { Remote } from './remote.ts';

/** A machine that does not answer this in that time (s) is not well. */
const limit = 60;

/** The machine's own word for this boot: another one after each, in containers too (proc(5)). */
export async function bootOf(remote: Remote, signal: AbortSignal): Promise<string> {
  const line = "cat /proc/sys/kernel/random/boot_id; cut -d' ' -f22 /proc/1/stat";
  return (await remote.exec(line, { signal, timeout: limit })).stdout;
}

/**
 * A connection to the machine once it has another boot than `before`. `timeout` in seconds; past them
 * TimeLimitError.
 */
export async function awaitNextBoot(
  before: string,
  connect: (timeout: number) => Promise<Remote>,
  { signal, timeout }: { signal: AbortSignal; timeout: number },
): Promise<Remote> {
  const deadline = Date.now() + timeout * 1000;
  while (Date.now() < deadline) {
    const remote = await connect(Math.max(1, (deadline - Date.now()) / 1000));
    const boot = await bootOf(remote, signal).catch(() => before);
    if (boot !== before && !signal.aborted) return remote;
    await remote[Symbol.asyncDispose]();
    signal.throwIfAborted();
    await sleep(50, undefined, { signal });
  }
  throw new TimeLimitError('the restart of the machine', timeout);
}
