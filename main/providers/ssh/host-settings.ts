/** What the caller says of a host already; it counts for `Match user`, and wins. */
export interface HostQuery {
  readonly address: string;
  readonly user?: string | undefined;
  readonly port?: number | undefined;
  /** Arguments of ssh(1), which count more than what the configuration says. */
  readonly sshArguments?: readonly string[] | undefined;
}

/**
 * The settings of one host in ssh_config(5), by lower-cased keyword; those that
 * may stand several times as they stand.
 */
export type HostSettings = ReadonlyMap<string, readonly string[]>;

export interface ResolvedHost {
  /** Without those that are ssh's defaults. */
  readonly settings: HostSettings;
  /** Options that ssh follows and we do not, each as a line with its place: told where a login fails. */
  readonly notFollowed: readonly string[];
}

/** Tells the settings of a host. */
export type ResolveHost = (host: HostQuery) => Promise<ResolvedHost>;
