import { TimeLimitError } from './errors.ts';

export interface TimeLimit {
  /** What runs, for the sentence: `the command`, `'clean' on the node`. */
  readonly what: string;
  /** Undefined or Infinity: no limit of its own. */
  readonly seconds?: number | undefined;
  /** What ends the action from outside as well: whichever is aborted first. */
  readonly signal?: AbortSignal | readonly (AbortSignal | undefined)[] | undefined;
  /** What is thrown when the time is over; TimeLimitError unless told. */
  readonly late?: ((seconds: number) => Error) | undefined;
}

/**
 * Runs `action` with a signal that is aborted after `seconds` or with the outer signal, and waits no longer
 * than that for it, even where the action does not heed its signal: what it comes to later is dropped. An
 * action that acquires something must therefore heed the signal and let go of what it got. Throws
 * `late(seconds)` when the time is over, the outer signal's reason when that was aborted, and what the action
 * throws. `action` is not called when the outer signal is aborted already.
 */
export async function withTimeLimit<T>(
  { what, seconds, signal, late = (limit) => new TimeLimitError(what, limit) }: TimeLimit,
  action: (signal: AbortSignal) => Promise<T> | T,
): Promise<T> {
  const outside = [signal].flat().filter((each) => each !== undefined);
  for (const each of outside) each.throwIfAborted();
  const controller = new AbortController();
  const ended = Promise.withResolvers<never>();
  ended.promise.catch(() => undefined);
  controller.signal.addEventListener('abort', () => ended.reject(controller.signal.reason), { once: true });
  const fromOutside = ({ target }: Event) => controller.abort((target as AbortSignal).reason);
  for (const each of outside) each.addEventListener('abort', fromOutside, { once: true });
  const timer = startTimer(seconds, (limit) => controller.abort(late(limit)));
  try {
    const acted = (async () => action(controller.signal))();
    acted.catch(() => undefined);
    return await Promise.race([acted, ended.promise]);
  } catch (error) {
    // What an aborted action throws is only an echo of why it was aborted.
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    clearTimeout(timer);
    for (const each of outside) each.removeEventListener('abort', fromOutside);
  }
}

/**
 * A signal that is aborted with the first of these, and after `seconds`, for what ends by itself when its
 * signal is aborted and has something to give even then. Infinity: no limit of its own.
 */
export function limited(seconds: number, ...signals: readonly AbortSignal[]): AbortSignal {
  const ms = seconds * 1000;
  return AbortSignal.any(ms > longestTimer ? [...signals] : [...signals, AbortSignal.timeout(ms)]);
}

/** The longest time that a timer takes, in ms: past it Node's fire at once. */
const longestTimer = 2 ** 31 - 1;

function startTimer(
  seconds: number | undefined,
  expire: (seconds: number) => void,
): NodeJS.Timeout | undefined {
  if (seconds === undefined || seconds * 1000 > longestTimer) return undefined;
  return setTimeout(expire, seconds * 1000, seconds);
}
