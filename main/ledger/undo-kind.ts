import type { z } from 'zod';
import type { Agent } from '../agent/agent.ts';
import type { LedgerEntry } from '../context/run-context.ts';
import type { Machine, Provider } from '../providers/provider.ts';
import type { Remote } from '../remotes/remote.ts';

/**
 * One kind of thing that must be undone: a row of the table in `run/ledger/undo-kinds.ts`. The normal end of
 * a run, Ctrl-C, and `reap` after a kill call the same `undo`.
 */
export interface UndoKind<Entry extends LedgerEntry = LedgerEntry> {
  readonly kind: Entry['kind'];
  /** Entries as this version and earlier ones wrote them. */
  readonly schema: z.ZodType<Entry>;
  /**
   * Takes it back, from whatever state it is in: it may be half done, not begun, or undone already. Throws
   * ShakedownError when that cannot be done now; the entry then stays in the ledger.
   */
  undo(entry: Entry, world: UndoWorld): Promise<void>;
  /** The id of another entry whose undo does away with this thing, too; without it nothing else does. */
  goesWith?(entry: Entry): string | undefined;
}

/** What undoing may use. */
export interface UndoWorld {
  /** Ends the waiting; at the end of a run not the interrupt that brought the run to its end. */
  readonly signal: AbortSignal;
  readonly log: (message: string, node?: number) => void;
  /** Has the notes on whose a cluster is. */
  readonly cacheDir: string;
  readonly provider: (name: string) => Promise<Provider>;
  /** The machine over the connection that is open, else over a new one. Throws ShakedownError. */
  readonly reach: (machine: Machine) => Promise<ReachedMachine>;
}

/** A machine with an agent on it. To dispose of it closes the connection if it was opened for this. */
export interface ReachedMachine extends AsyncDisposable {
  readonly remote: Remote;
  readonly agent: Agent;
}
