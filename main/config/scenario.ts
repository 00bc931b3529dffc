import type { Login, Machine, MachineSpec } from '../providers/provider.ts';
import type { SecretSources } from '../secrets/read-secrets.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { NodeConfig, NodeTarget } from './node/node-config.ts';

/** A node as config functions and templates see it. */
export interface NodeFacts {
  readonly id: number;
  readonly address: string;
  readonly name: string;
  readonly role?: string;
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
