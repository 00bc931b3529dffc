/** How long to try to connect, and what to try it with. */
export interface ConnectOptions {
  readonly signal: AbortSignal;
  /** Seconds in all, jump hosts included, until which what may pass is tried again. */
  readonly timeout: number;
  /** ms since some moment; replaced in tests. */
  readonly clock?: () => number;
  /** Opens encrypted key files; the environment's SHAKEDOWN_KEY_PASSPHRASE unless told. */
  readonly passphrase?: string;
  /** The ssh agent's socket; what the target names, else the environment's SSH_AUTH_SOCK unless told. */
  readonly agentSocket?: string;
  /** The files to ask for host keys instead of those that the target names, or of ssh's own. */
  readonly knownHostsFiles?: readonly string[];
  /** Told once for each new reason why a machine does not answer yet. */
  readonly onNote?: (message: string) => void;
}
