import type { PhaseName } from '../../../common/results.ts';
import type { Cluster } from '../../cluster/face/cluster-face.ts';
import type { RunResult } from '../../record/run-result.ts';
import type { TestHooks } from './test-hooks.ts';

export interface OpenClusterOptions {
  /** The last phase that is taken: `start` (services are ready) unless told; `connect` for bare machines. */
  readonly until?: Extract<PhaseName, 'connect' | 'install' | 'ship' | 'setup' | 'start'>;
  /** Values of the main config to override, by their paths: `{ token: 'x', 'timeouts.start': 120 }`. */
  readonly set?: Readonly<Record<string, unknown>>;
  /** The kind of machine, instead of the config's. */
  readonly provider?: string;
  /** The release of all machines. */
  readonly os?: string;
  /** Machines to use over ssh: `10.0.0.5,admin@10.0.0.6`. */
  readonly nodes?: string;
  /** A folder of node files, instead of the config's. */
  readonly nodeFiles?: string;
  /** Whether the machines stay: `never` unless told. `on-failure`: where something failed. */
  readonly keep?: 'never' | 'on-failure' | 'always';
  /**
   * Takes machines that the run before kept for the same scenario, where there are some, and deploys on them
   * again: only what changed is sent. They are kept again.
   */
  readonly reuse?: boolean;
  /**
   * The hooks of the test runner, by which the cluster hears of failed tests and is closed after the last
   * one: `{ after, afterEach }` of node:test, `{ afterAll, afterEach }` of Vitest and its like. Without them
   * the cluster is to be closed by `await using` or `close()`: an open one keeps the process alive, as an
   * open server does. A signal that ends the process closes it first.
   */
  readonly hooks?: TestHooks;
  /**
   * Where `.shakedown/` lies: the current folder unless told. While another process has that, a
   * folder of its own in `.shakedown/beside/` serves.
   */
  readonly directory?: string;
  /** Ends the cluster: evidence comes home and the machines go. */
  readonly signal?: AbortSignal;
  /** Told what happens meanwhile, a sentence each. */
  readonly onNote?: (message: string) => void;
}

/** A cluster that is open: what check files have as `cluster`, and its end. */
export interface OpenCluster extends Cluster, AsyncDisposable {
  /** The run: its id, and its directory, absolute, where the evidence comes home to. */
  readonly run: { readonly id: string; readonly directory: string };
  /** Tells that a test failed: the run's verdict is `fail` then. */
  failed(error: unknown): void;
  /**
   * Stops the services, brings the evidence home, writes the reports, and gives the machines
   * up or keeps them; gives what the run came to. A second call gives the same. Does not
   * throw for what failed: that is in the result.
   */
  close(): Promise<RunResult>;
  /**
   * As `close`; throws ShakedownError for a failure that no test has told of: a
   * service that died, machines that stay.
   */
  [Symbol.asyncDispose](): Promise<void>;
}
