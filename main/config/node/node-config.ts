import type { AptSource } from '../../../common/protocol/installation.ts';
import type { Probe } from '../../../common/ready.ts';

/** Nodes by their place, role or id; `first` is node 0. */
export type NodeTarget = 'all' | 'first' | { readonly role: string } | { readonly node: number };

/**
 * What must be ready before a service is started. `first` and a role mean the service of the same name on
 * node 0, on the nodes of that role; where such a node has none, all of its services. With `service` it is
 * that one, on all nodes that have it unless told. For what comes before it on its own node it waits anyway.
 */
export type After =
  | 'first'
  | { readonly role: string }
  | { readonly service: string; readonly on?: NodeTarget };

/** A service as the config names it; see ServiceSpec for the meaning of each. Times in seconds. */
export interface ServiceConfig {
  readonly name: string;
  readonly unit?: string;
  readonly command?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly user?: string;
  readonly ready?: Probe;
  /** What on other nodes must be ready before it is started; nothing unless told. */
  readonly after?: After | readonly After[];
  /** Seconds; `timeouts.start` unless told. */
  readonly readyWithin?: number;
  /** Seconds; 10 unless told. */
  readonly stopWithin?: number;
}

/**
 * What a set-up step waits for, asked again and again by the node that takes the step: a TCP port that
 * accepts, a URL that answers with `status` (200 to 299 unless told), or a shell command that exits 0. With
 * `on` the port, or what follows the address in `http` (`:8080/health`), is that of each of these nodes, and
 * the command is run on each of them as root; without it they are the node's own.
 */
export type WaitFor = { readonly on?: NodeTarget } & (
  | { readonly tcp: number; readonly host?: string }
  | { readonly http: string; readonly status?: number }
  | { readonly command: string }
);

/** Exactly one of `run` and `waitFor` is set. */
export interface SetupStep {
  readonly name: string;
  /** A shell command line, run in the working directory. */
  readonly run?: string;
  readonly waitFor?: WaitFor;
  /** On which nodes: all of them unless told. `first` is node 0. */
  readonly on: 'all' | 'first' | { readonly role: string };
  /** `before` the services start, or `after` all of them, on all nodes, are ready. */
  readonly when: 'before' | 'after';
  /** `root` unless told. */
  readonly user?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Seconds; `timeouts.setup` unless told. */
  readonly timeout?: number;
  /**
   * It is a part of phase `install`, once the packages are in: run in `/`, it sees no node files, and what it
   * made is kept with them for later runs. Only with `run`, `before` the services, without secrets.
   */
  readonly cacheable?: boolean;
}

export interface PlaceConfig {
  /** A path below the node files, as it is named once rendered. */
  readonly from: string;
  /** Absolute, on the node. */
  readonly to: string;
  readonly mode?: number;
  readonly owner?: string;
}

/** One node's config with every function of the node applied: nothing is left to decide. */
export interface NodeConfig {
  readonly workingDir: string;
  readonly packages: readonly string[];
  readonly aptSources: readonly AptSource[];
  /** Whether apt installs recommended packages, too. */
  readonly recommends?: boolean;
  /** Local .deb files: absolute paths on the main host. */
  readonly debs: readonly string[];
  readonly services: readonly ServiceConfig[];
  readonly setup: readonly SetupStep[];
  readonly place: readonly PlaceConfig[];
  /** Absolute globs on the node. */
  readonly collect: readonly string[];
  /** Whatever else the user's config has, for templates (`node_config.anything`). */
  readonly [key: string]: unknown;
}
