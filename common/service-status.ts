/** `restarting`: it has ended, and systemd is about to start it again by itself. */
export type ServiceState = 'starting' | 'ready' | 'restarting' | 'stopped' | 'died';

export interface ServiceStatus {
  readonly name: string;
  readonly state: ServiceState;
  readonly pid?: number;
  readonly exitCode?: number | null;
  readonly lastLines: readonly string[];
}

/** A service that ended though nobody asked it to. */
export interface ServiceDied {
  readonly name: string;
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** systemd has started it again by itself, or is about to. */
  readonly restarted?: boolean;
  /** How long before this was sent it ended, ms: its lines were read meanwhile. */
  readonly agoMs: number;
  readonly lastLines: readonly string[];
}
