const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Calls `close` when a signal is about to end this process, and lets it end once that is done: by the same
 * signal. `close` does not throw. Gives what takes this back.
 */
export function beforeSignalEnds(close: () => Promise<void>): () => void {
  const onSignal = (signal: NodeJS.Signals) => {
    void close().then(() => {
      forget();
      // Whoever else listens for it ends the process by himself.
      if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
    });
  };
  const forget = () => {
    for (const signal of signals) process.off(signal, onSignal);
  };
  for (const signal of signals) process.on(signal, onSignal);
  return forget;
}
