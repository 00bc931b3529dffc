import { setTimeout as sleep } from 'node:timers/promises';

export interface RetryOptions {
  /** Ends the waiting between two attempts: its reason is thrown. An attempt heeds it by itself. */
  readonly signal?: AbortSignal | undefined;
  /** How often at most, the first time included. */
  readonly times?: number | undefined;
  /** Seconds from the first attempt after which no other is begun. */
  readonly within?: number | undefined;
  /** ms between two attempts; by attempt, counted from 1, and by what it failed with, where it grows. */
  readonly delayMs: number | ((attempt: number, error: unknown) => number);
  /** Whether another attempt may mend this failure; any may unless told. */
  readonly when?: ((error: unknown) => boolean) | undefined;
}

/**
 * Calls `action` until it does not throw, and gives what it returned. `attempt` counts from 1. Throws what
 * the last attempt threw, once `times` or `within` is used up or `when` says that no other would help.
 */
export async function retry<T>(
  action: (attempt: number) => Promise<T> | T,
  {
    signal,
    times = Number.POSITIVE_INFINITY,
    within = Number.POSITIVE_INFINITY,
    delayMs,
    when,
  }: RetryOptions,
): Promise<T> {
  const deadline = performance.now() + within * 1000;
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted();
    try {
      return await action(attempt);
    } catch (error) {
      signal?.throwIfAborted();
      const pause = typeof delayMs === 'number' ? delayMs : delayMs(attempt, error);
      const over = attempt >= times || performance.now() + pause >= deadline;
      if (over || when?.(error) === false) throw error;
      await sleep(pause, undefined, { signal }).catch(() => signal?.throwIfAborted());
    }
  }
}
