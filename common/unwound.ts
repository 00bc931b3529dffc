import { withTimeLimit } from './time-limit.ts';

/**
 * Waits for something that was told to end, for it must not go on beside what comes next: at most `seconds`.
 * Gives what it came to, or undefined when it threw or is still not over. Never throws.
 */
export const unwound = <T>(action: Promise<T>, seconds: number): Promise<T | undefined> =>
  withTimeLimit({ what: 'its end', seconds }, () => action).catch(() => undefined);
