/** Sends a signal to each; how many it reached. One that has ended meanwhile is as good. */
export function signalAll(pids: Iterable<number>, signal: NodeJS.Signals): number {
  let reached = 0;
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
      reached += 1;
    } catch {}
  }
  return reached;
}
