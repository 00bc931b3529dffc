/** How to tell that a service serves, asked from the node itself until it answers or the limit is reached. */
export type Probe =
  /** A TCP port that accepts; host 127.0.0.1 unless told. */
  | { readonly tcp: number; readonly host?: string }
  /** A URL that answers with `status` (200 to 299 unless told). */
  | { readonly http: string; readonly status?: number }
  /** A shell command that exits 0, run as root in the working directory. */
  | { readonly command: string }
  /** A regular expression, as its source, that a line of the service's log matches. */
  | { readonly log: string };

/** A service on one node, with nothing left to decide. */
export interface ServiceSpec {
  readonly name: string;
  /** A systemd unit, or else a command that the agent supervises. Exactly one of the two is set. */
  readonly unit?: string;
  readonly command?: string;
  /** Added to the environment of a command that tells whether it is ready. */
  readonly probeEnv?: Readonly<Record<string, string>>;
  /** For a command: the folder it runs in, its additional environment, and the user it runs as. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly user?: string;
  readonly ready?: Probe;
  /** Seconds until it must be ready. */
  readonly readyWithin: number;
  /** Seconds that it has to stop before it is killed. */
  readonly stopWithin: number;
}
