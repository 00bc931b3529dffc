import type { RunEventBody } from '../../common/events.ts';

/**
 * What every stage of a run is handed. It stays small: what only one stage
 * needs is an argument of that stage.
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

/**
 * What must be undone if we are killed now. `id` names it within its ledger; `kind` is a row of the table of
 * undo kinds, which says what else the entry has.
 */
export interface LedgerEntry {
  readonly kind: string;
  readonly id: string;
}

/** The list of what must be undone. A change is on the disk before its promise resolves. */
export interface Ledger {
  /** To be called before the thing is done. An entry with the same id is replaced. */
  record(entry: LedgerEntry): Promise<void>;
  /** It has been undone, or stays on purpose. */
  remove(id: string): Promise<void>;
}
