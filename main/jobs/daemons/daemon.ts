/** A server or worker that goes on by itself, as it is asked for. */
export interface DaemonWishes {
  /** `shakedown-server`, `shakedown-worker-NAME`; the same one again is the same daemon. */
  readonly name: string;
  /** For people: `job server`. */
  readonly what: string;
  /** The program and what follows it. Secrets are no part of it: all processes of a machine see it. */
  readonly command: readonly string[];
  /** All that it has of an environment, with `readyVariable` in it. */
  readonly env: Readonly<Record<string, string>>;
}

export interface DaemonState {
  readonly isRunning: boolean;
  readonly pid?: number | undefined;
  /** Its last lines, oldest first. */
  readonly lastLines: readonly string[];
}

/** One way of keeping daemons. */
export interface Keeper {
  /** What keeps it, for people: `systemd unit shakedown-server.service`. */
  about(name: string): string;
  /** Starts it; the caller waits until it is ready. Nothing runs under that name. */
  start(wishes: DaemonWishes): Promise<void>;
  state(name: string): Promise<DaemonState>;
  /** Asks it to end, and resolves when it has; earlier when `signal` is aborted. */
  stop(name: string, signal: AbortSignal): Promise<void>;
}
