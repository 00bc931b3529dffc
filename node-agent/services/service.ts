import type { ServiceState } from '../../common/service-status.ts';

/** How a service ended. `exitCode` and `signal` are null when systemd does not tell. */
export interface ServiceEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** When, ms since the epoch by the node's clock. */
  readonly at: number;
  /** systemd started it again by itself. */
  readonly restarted?: boolean;
}

/** Looks for a line in a service's log, from the moment of its making on. */
export interface LogWatch extends Disposable {
  found(): Promise<boolean>;
}

export interface ServiceLook {
  readonly running: boolean;
  readonly pid?: number;
  /** It has ended, and systemd is about to start it again. It counts as running. */
  readonly restarting?: boolean;
}

/**
 * A service of either kind, as the registry handles it. Calls for one service
 * come one at a time, but for `kill`.
 */
export interface Service {
  /**
   * Resolves when it was started, ready or not. Throws ShakedownError when it could not be; an aborted
   * signal ends the waiting, not the service.
   */
  start(signal: AbortSignal): Promise<void>;
  /** Asks it to end, kills it after `within` seconds, and resolves when it is gone. Idempotent. */
  stop(within: number): Promise<void>;
  /** Sends a signal to all its processes. `restart`: systemd may start it again, where the unit says so. */
  kill(signal: NodeJS.Signals, restart: boolean): Promise<void>;
  /** Called each time it ends, also when that was asked for. One listener. */
  onEnd(listener: (end: ServiceEnd) => void): void;
  /** Whether it runs now, and its main process. */
  look(): Promise<ServiceLook>;
  /** What it looks like from outside, for one that another agent started, or the boot. */
  seen(): Promise<ServiceState>;
  /** Watches for its end from when the boot is over, if it runs then and `isUp`, which is told so, agrees. */
  watchOnceBooted(isUp: () => boolean): Promise<void>;
  /** The last lines of its log, as they are. */
  lastLines(): Promise<string[]>;
  /** Of all that it logged since it was started, what tells most of why it failed. */
  tellingLines(): Promise<string[]>;
  watchLog(pattern: RegExp): LogWatch;
}
