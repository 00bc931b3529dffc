/** What the caller says of a host already; it counts for `Match user`, and wins. */
export interface HostQuery {
  readonly address: string;
  readonly user?: string | undefined;
  readonly port?: number | undefined;
}

/**
 * The settings of one host in ssh_config(5), by lower-cased keyword; those that
 * may stand several times as they stand.
 */
export type HostSettings = ReadonlyMap<string, readonly string[]>;

/** Tells the settings of a host. */
export type ResolveHost = (host: HostQuery) => Promise<HostSettings>;
