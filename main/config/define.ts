import type { AptSource } from '../../common/protocol/installation.ts';
import type { SecretSources } from '../secrets/read-secrets.ts';
import type { PlaceConfig, ServiceConfig, SetupStep } from './node/node-config.ts';
import type { DeclaredCheck, NodeFacts, Timeouts } from './scenario.ts';

/** What `machines({…})`, `nspawn({…})` and `ssh([…])` give: a kind of machine, and what it was asked for. */
export interface ProviderChoice {
  readonly provider: string;
  readonly options: unknown;
}

/** The scenario as a whole: `config/main.config.ts`. Templates see it as `main_config`. */
export interface MainConfig {
  /** Shown in reports; the folder's name unless told. */
  readonly name?: string;
  /**
   * The machines, with their names and roles: `machines({ count: 3 })` for those that work on this main host,
   * `nspawn({ count: 3 })`, `ssh(['10.0.0.5', '10.0.0.6'])`.
   */
  readonly nodes: ProviderChoice;
  /**
   * What else each kind of machine needs to know when the scenario is run on it by `--provider` instead of
   * its own kind, as its factory takes it: `{ ec2: { region: 'eu-central-1' } }`.
   */
  readonly providers?: Readonly<Record<string, unknown>>;
  /** User to log in as (`-u`). */
  readonly sshUser?: string;
  /** Private key to log in with (`-k`), relative to the scenario's folder; `~/` is the home folder. */
  readonly sshKey?: string;
  /** apt packages for the main host, for the checks to use: `name` or `name=version`. */
  readonly packages?: readonly string[];
  /**
   * `main`: the nodes' apt packages come through the main host over the ssh connection, for nodes with no
   * route out; each package is downloaded once for all of them.
   */
  readonly packagesVia?: 'main';
  /**
   * The folder that is rendered and sent (`--node-files`), relative to the
   * scenario's; `node_files` unless told.
   */
  readonly nodeFiles?: string;
  /**
   * Checks (`tcp({…})`, `http({…})`, `command({…})`) and globs of check files, relative to the scenario's
   * folder. With no glob among them: `config/checks/**\/*.check.ts`.
   */
  readonly checks?: readonly (DeclaredCheck | string)[];
  /**
   * What nobody shall read in logs and reports: `['env:TOKEN', 'file:keys/db']`, or by names of their own:
   * `{ token: 'env:TOKEN' }`. Templates and commands have them as `secret.TOKEN`.
   */
  readonly secrets?: SecretSources;
  /** Limits in seconds; each has a default. */
  readonly timeouts?: Partial<Timeouts>;
  /** How many runs to keep, and for how many days. */
  readonly retention?: { readonly count?: number; readonly days?: number };
  /** Anything else is a variable of your own, for templates: `main_config.anything`. */
  readonly [variable: string]: unknown;
}

/** A value, or a function that gives it for a node; parts of the value may be such functions, too. */
export type PerNode<T> = PerNodeParts<T> | NodeFunction<PerNodeParts<T>>;

export type NodeFunction<T> = (node: NodeFacts, cluster: { readonly nodes: readonly NodeFacts[] }) => T;

type PerNodeParts<T> = T extends string | number | boolean | undefined
  ? T
  : T extends readonly (infer Element)[]
    ? readonly PerNode<Element>[]
    : { readonly [Key in keyof T]: PerNode<T[Key]> };

/** A set-up step as one writes it: `on` is `all`, and `when` is `before`, unless told. */
export type SetupStepInput = Omit<SetupStep, 'on' | 'when'> & Partial<Pick<SetupStep, 'on' | 'when'>>;

/**
 * What each node gets: `config/node.config.ts`. Templates see it, with all
 * functions applied, as `node_config`.
 */
export interface NodeConfigInput {
  /**
   * Where the node files go, absolute; `/srv/shakedown` unless told. It belongs to shakedown: whatever else
   * is in it is removed before a run.
   */
  readonly workingDir?: PerNode<string>;
  /** apt packages: `name` or `name=version`. */
  readonly packages?: PerNode<readonly string[]>;
  /** Debian sources to add before the packages are installed. */
  readonly aptSources?: PerNode<readonly AptSource[]>;
  /** .deb files of the main host to install, relative to the scenario's folder. */
  readonly debs?: PerNode<readonly string[]>;
  /** Install what the packages recommend, too, as a plain `apt-get install` does; false unless told. */
  readonly recommends?: PerNode<boolean>;
  /** What runs on the node; started in this order, stopped in the reverse one. */
  readonly services?: PerNode<readonly ServiceConfig[]>;
  /** Commands to run before the services start, or after all of them are ready. */
  readonly setup?: PerNode<readonly SetupStepInput[]>;
  /**
   * Node files that belong outside the working directory. What was there comes back when the node is cleaned.
   */
  readonly place?: PerNode<readonly PlaceConfig[]>;
  /** More to bring home: absolute globs on the node. The working directory and the journal come anyway. */
  readonly collect?: PerNode<readonly string[]>;
  /** Anything else is a variable of your own, for templates: `node_config.anything`. */
  readonly [variable: string]: unknown;
}

/** Marks the main config, so that editors check and complete it. Gives it back as it is. */
export const defineMain = <const Config extends MainConfig>(config: Config): Config => config;

/** Marks the node config: an object, or a function of the node and its cluster that gives one. */
export const defineNode = (
  config: NodeConfigInput | NodeFunction<NodeConfigInput>,
): NodeConfigInput | NodeFunction<NodeConfigInput> => config;
