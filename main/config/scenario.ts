import type { AptSource } from '../../common/protocol/installation.ts';
import type { Probe } from '../../common/ready.ts';
import type { Login, Machine, MachineSpec } from '../providers/provider.ts';
import type { SecretSources } from '../secrets/read-secrets.ts';
import type { Secrets } from '../secrets/secrets.ts';

/** A node as config functions and templates see it. */
export interface NodeFacts {
  readonly id: number;
  readonly address: string;
  readonly name: string;
  readonly role?: string;
}

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

/** A check that the config declares. `within`: seconds in which it must come true, by retrying. */
export type DeclaredCheck = {
  readonly name: string;
  readonly within: number;
} & (
  | { readonly kind: 'tcp'; readonly port: number; readonly on: CheckTarget }
  | {
      readonly kind: 'http';
      /** An absolute URL, or a path with `port` that is asked of each node of `on`. */
      readonly url: string;
      readonly on: CheckTarget;
      readonly status: number;
      /** A regular expression's source that the body must match. */
      readonly body?: string;
    }
  | {
      readonly kind: 'command';
      readonly command: string;
      readonly on: CheckTarget;
      readonly exitCode: number;
      /** A regular expression's source that stdout must match. */
      readonly stdout?: string;
    }
);

/**
 * `main`: from the main host, once. Otherwise: for each of these nodes (`tcp` and
 * `http` still from the main host).
 */
export type CheckTarget = 'main' | NodeTarget;

/** Seconds. */
export interface Timeouts {
  readonly machines: number;
  readonly connect: number;
  readonly ship: number;
  readonly install: number;
  readonly setup: number;
  /** Per service, until ready. */
  readonly start: number;
  /** All checks together. */
  readonly check: number;
  /** One test of a check file, unless it says otherwise. */
  readonly test: number;
  /** Per node, after a restart that a check asked for, until it answers again. */
  readonly boot: number;
  readonly stop: number;
  /** Per node. */
  readonly collect: number;
  /** The whole run; past it what is under way is ended and the evidence collected. */
  readonly run: number;
}

/** Where a value in force came from: `default`, `flag`, or a config file, relative to the scenario. */
export type Origin = string;

/**
 * A scenario, loaded, validated and with the flags applied. Read-only;
 * templates and functions not yet applied.
 */
export interface Scenario {
  readonly name: string;
  /** The scenario's folder, absolute. */
  readonly directory: string;
  /** Absolute. */
  readonly nodeFiles: string;
  readonly provider: string;
  readonly providerOptions: unknown;
  readonly machines: readonly MachineSpec[];
  /**
   * Why they are of this provider, where the config leaves that open and it is not the best one; a sentence.
   */
  readonly whyProvider?: string;
  readonly login: Login;
  /** apt packages for the main host. */
  readonly packages: readonly string[];
  /** `main`: the nodes' packages come over their ssh connections; else by the network. */
  readonly packagesVia?: 'main';
  /** Whether nodes may start from what an earlier installation came to; true unless told. */
  readonly cache: boolean;
  readonly checks: readonly DeclaredCheck[];
  /** Check files, absolute. */
  readonly checkFiles: readonly string[];
  readonly timeouts: Timeouts;
  /** Runs to keep: `count` newest, and none older than `days`. */
  readonly retention: { readonly count: number; readonly days: number };
  readonly secrets: Secrets;
  /** Where they come from, as the main config has it. */
  readonly secretSources: SecretSources;
  /** The main config as written plus what flags changed: `main_config` in templates. */
  readonly mainConfig: Readonly<Record<string, unknown>>;
  /**
   * The node's config, once its machine is known. Throws UsageError that names every mistake with its path.
   */
  nodeConfig(node: NodeFacts, nodes: readonly NodeFacts[]): NodeConfig;
  /** Each value in force by its dotted path, with its origin, for `shakedown config`. */
  readonly origins: ReadonlyMap<string, Origin>;
}

export const nodeFacts = (machine: Machine): NodeFacts => ({
  id: machine.id,
  address: machine.address,
  name: machine.name,
  ...(machine.role === undefined ? {} : { role: machine.role }),
});
