import type { RunEventBody } from '../common/events.ts';

/**
 * What every stage of a run is handed. It stays small: what only one stage needs is an argument of that stage.
 */
export interface RunContext {
  /** Aborted when the run is to end: a failure elsewhere, a time limit, Ctrl-C. Every wait must heed it. */
  readonly signal: AbortSignal;
  /** Tells what happens to the events file, the log and the face. Never throws, never blocks. */
  readonly emit: (event: RunEventBody) => void;
  /** A line for the run's `tester.log`; with a node also for that node's. */
  readonly log: (message: string, node?: number) => void;
  /** ms since the epoch; replaced in tests. */
  readonly clock: () => number;
  /** A folder that outlives runs: base trees, runtimes, packages. */
  readonly cacheDir: string;
  /** Records what must be undone, before it is done. */
  readonly ledger: Ledger;
}

/** What must be undone if we are killed now. `id` names it within its ledger. */
export type LedgerEntry =
  | { readonly kind: 'cluster'; readonly id: string; readonly provider: string; readonly cluster: unknown }
  /** A borrowed node on which files outside the working directory were placed and services started. */
  | {
      readonly kind: 'borrowed-node';
      readonly id: string;
      readonly machine: unknown;
      readonly workingDir: string;
    };

/** The list of what must be undone; entries are on disk before `record` resolves. */
export interface Ledger {
  record(entry: LedgerEntry): Promise<void>;
  settle(id: string): Promise<void>;
}
