import { InterruptedError } from '../../../common/errors.ts';

/**
 * The first interrupt ends the work and lets the evidence come home (`signal`); the second ends that
 * too (`hurry`); the third calls `end`. npm passes a terminal's Ctrl-C on to us though we got it
 * already, so two within half a second count as one.
 */
export function listenForInterrupts(end: () => void): {
  readonly signal: AbortSignal;
  readonly hurry: AbortSignal;
} {
  const first = new AbortController();
  const second = new AbortController();
  let last = 0;
  const onSignal = () => {
    const now = Date.now();
    if (now - last < 500) return;
    last = now;
    if (second.signal.aborted) end();
    else (first.signal.aborted ? second : first).abort(new InterruptedError());
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
  return { signal: first.signal, hurry: second.signal };
}
