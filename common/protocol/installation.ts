import type { InstalledPackage } from '../results.ts';

/** A Debian source to add. */
export interface AptSource {
  /** File name in sources.list.d, without suffix. */
  readonly name: string;
  readonly uris: string;
  readonly suites: string;
  readonly components?: string;
  /**
   * An armored key (a config may name a node file instead), or a path on the node. Without it the source
   * is taken as trusted and the log says so.
   */
  readonly key?: string;
  readonly trusted?: boolean;
}

export interface InstallParams {
  /** `name` or `name=version`. */
  readonly packages: readonly string[];
  readonly debs: readonly string[];
  readonly sources: readonly AptSource[];
  /** `http://host:port` for this transaction only. */
  readonly proxy?: string;
  /** Package lists older than this many seconds are updated first; 0 updates always. */
  readonly listsMaxAge: number;
  /** Seconds to wait for dpkg's and apt's locks. */
  readonly lockWait: number;
  /** Recommended packages too; false unless told. */
  readonly recommends?: boolean;
}

export interface InstallResult {
  /** Everything that came in or changed, dependencies too. Empty when all was there. */
  readonly installed: readonly InstalledPackage[];
  /**
   * Units whose start is held back until the config is there, by this installation or an earlier one whose
   * run did not start them: `etcd` for a service, else with its suffix.
   */
  readonly heldBack: readonly string[];
}
