import type { ProviderChoice } from '../../config/define.ts';
import type { QuarantineRule } from '../results/quarantine-rule.ts';

/** A machine that exists. */
export interface DistributeNode {
  /** As ssh has it: `10.0.0.5`, `deploy@db1:2222`, or a name of `~/.ssh/config`. */
  readonly address: string;
  /** The user to log in as. */
  readonly user?: string;
  /** How many runners it has; as many as it has processors unless told. */
  readonly runners?: number;
}

/** A command that is run on the nodes, in the project's folder, by sh. */
export interface DistributeHooks {
  /**
   * Once on each node, before its runners start: `bundle install`. With `files` it is run again only when one
   * of these files of the project has changed since it went well there.
   */
  readonly node_setup?: string | { readonly run: string; readonly files: readonly string[] };
  /** Once for each runner, with the runner's id as `$1`: `rake db:create db:schema:load`. */
  readonly runner_setup?: string;
  /** When a runner has run its last file; also after a failure or Ctrl-C. */
  readonly runner_teardown?: string;
  /** When all runners of a node have ended. */
  readonly node_teardown?: string;
}

/** What is built once, and sent to every node by its digest. */
export interface DistributeBuild {
  /** A line for sh, in the project's folder. */
  readonly run: string;
  /** This host unless told, or the first node that is ready, after its `node_setup`. */
  readonly on?: 'main' | 'node';
  /**
   * What it is made of: files, folders and globs of the project. While they are the same it is not done
   * again; all of the project's files unless told.
   */
  readonly files?: readonly string[];
  /** The files and folders that it makes; git may ignore them. */
  readonly outputs: readonly string[];
}

/**
 * What a project's `distribute.config.ts` says, and the defaults in `/etc/shakedown/distribute.config.ts`.
 */
export interface DistributeConfig {
  /** Globs of the test files, relative to the project. */
  readonly files?: string | readonly string[];
  /**
   * What runs them: a command line for sh, or an argument list. `{file}` stands for one file, `{files}` for
   * any number; `{report}` for the path at which it leaves a JUnit XML report, where it can write one.
   */
  readonly command?: string | readonly string[];
  /** Each process of tests loads its framework anew, also where that could be kept loaded. */
  readonly cold?: boolean;
  /** Machines that exist. */
  readonly nodes?: readonly (string | DistributeNode)[];
  /** Machines that are made for the run: `nspawn({ count: 3, packages: ['ruby'] })`. */
  readonly machines?: ProviderChoice;
  /** Runners on each node; as many as it has processors unless told. */
  readonly runners?: number;
  /** Runners on the main host, on a copy of the project. */
  readonly localRunners?: number;
  /** Files that git ignores and the tests need, and `.git` itself: paths or globs. */
  readonly include?: readonly string[];
  /** What the nodes do not need, in the words of .gitignore. */
  readonly ignore?: readonly string[];
  readonly hooks?: DistributeHooks;
  readonly build?: DistributeBuild;
  /** For hooks and tests. */
  readonly env?: Readonly<Record<string, string>>;
  /** Ports that each runner has for itself; 20 unless told. */
  readonly ports?: number;
  /**
   * Seconds: for one test file, for a runner that says nothing, for a hook. `memory`: bytes, or `2G`, of what
   * runs a runner's files, with all that it starts.
   */
  readonly limits?: {
    readonly file?: number;
    readonly silence?: number;
    readonly hook?: number;
    readonly memory?: number | string;
  };
  /** How often a file that failed is run again, on another runner where there is one. */
  readonly retries?: number;
  /** `5%`: when more of the files have failed, nothing is run again. */
  readonly retryBudget?: string;
  /** How often a file is run that no earlier run knows, to find out whether it passes each time. */
  readonly newRepeat?: number;
  /**
   * `false`: no file is run by two runners at once. Else a runner without work runs a file that takes much
   * longer than before, or that a much slower runner has, a second time; whichever is done first counts.
   */
  readonly copies?: boolean;
  /** `false`: no file is run in parts. Else one that takes longer than its share is, by its tests. */
  readonly split?: boolean;
  /** Tests whose failures do not count for a while. */
  readonly quarantine?: readonly QuarantineRule[];
}

/** What a `distribute.config.ts` exports as its default: the config, with the editor's help. */
export const defineDistribution = (config: DistributeConfig): DistributeConfig => config;
