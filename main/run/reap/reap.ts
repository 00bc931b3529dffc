import { asShakedownError, ShakedownError } from '../../../common/errors.ts';
import { clusterUndo } from '../../ledger/cluster-undo.ts';
import { type OpenLedger, openLedgers } from '../../store/file-ledger.ts';
import { readKeptCluster, removeKeptCluster } from '../../store/kept-cluster.ts';
import { removeOldScratch } from '../../store/scratch.ts';
import { type Undoing, undoAll } from '../ledger/undo.ts';
import { type Reaping, undoWorld } from '../ledger/undo-world.ts';
import { maskKilledRuns } from './mask-killed-runs.ts';

/** What reaping came to. */
export interface Reaped {
  /** A sentence for each thing that was undone, or that is of an unknown kind and stays. */
  readonly lines: readonly string[];
  /** What could not be undone: it stays in its ledger, and keeps nothing else from being undone. */
  readonly failures: readonly ShakedownError[];
}

/**
 * Finishes the clean-up of this folder's runs whose process is dead, from their
 * ledgers. Throws when interrupted.
 */
export async function reapDirectory(directory: string, world: Reaping): Promise<Reaped> {
  const lines: string[] = [];
  const failures: ShakedownError[] = [];
  const tell = (line: string) => void lines.push(line);
  for (const ledger of await openLedgers(directory)) {
    if (ledger.ownerAlive) continue;
    const undoings = await undoAll(ledger.entries, ledger, undoWorld(world, tell));
    const reaped = inWords(ledger, undoings);
    lines.push(...reaped.lines);
    failures.push(...reaped.failures);
    // A run on kept machines leaves them, whatever became of it.
    const kept = await readKeptCluster(directory);
    if (kept?.run === ledger.run && areGone(undoings)) await removeKeptCluster(directory);
  }
  await removeOldScratch(directory);
  const masked = await maskKilledRuns(directory, process.env);
  return { lines: [...lines, ...masked.lines], failures: [...failures, ...masked.failures] };
}

/** Whether the run's machines were taken away, all of them. */
function areGone(undoings: readonly Undoing[]): boolean {
  const clusters = undoings.filter(({ entry }) => entry.kind === clusterUndo.kind);
  return clusters.length > 0 && clusters.every(({ result }) => result === 'undone');
}

function inWords(ledger: OpenLedger, undoings: readonly Undoing[]): Reaped {
  const lines: string[] = [];
  const failures: ShakedownError[] = [];
  for (const { entry, result } of undoings) {
    const what = `${entry.kind} ${entry.id}`;
    if (result === 'undone') {
      lines.push(`cleaned up after run ${ledger.run}, which was killed: ${what}`);
    } else if (result === 'unknown') {
      lines.push(
        `run ${ledger.run} left '${what}', which this version of shakedown cannot undo: it stays in the ledger`,
      );
    } else {
      failures.push(told(`what run ${ledger.run} left (${what}) could not be undone`, result));
    }
  }
  return { lines, failures };
}

/** The error with these words before its own. */
export const told = (before: string, error: unknown): ShakedownError => {
  const { details } = asShakedownError(error);
  return new ShakedownError({ ...details, message: `${before}: ${details.message}` }, { cause: error });
};
