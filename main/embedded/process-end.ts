const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Calls `close` when this process is about to end, by itself or by a signal, and lets it end once that is done: by the
 * same signal. Gives what takes this back.
 */
export function beforeProcessEnds(close: () => Promise<unknown>): () => void {
  const onSignal = (signal: NodeJS.Signals) => {
    void close()
      .catch(() => undefined)
      .finally(() => {
        forget();
        // Whoever else listens for it ends the process by himself.
        if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
      });
  };
  const onEnd = () => void close().catch(() => undefined);
  const forget = () => {
    process.off('beforeExit', onEnd);
    for (const signal of signals) process.off(signal, onSignal);
  };
  process.once('beforeExit', onEnd);
  for (const signal of signals) process.on(signal, onSignal);
  return forget;
}
