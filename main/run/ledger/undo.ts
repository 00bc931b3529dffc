import { asShakedownError, type ShakedownError } from '../../../common/errors.ts';
import type { Ledger, LedgerEntry } from '../../context/run-context.ts';
import type { UndoWorld } from '../../ledger/undo-kind.ts';
import { undoKinds } from './undo-kinds.ts';

/**
 * Undoes what the entry says and takes it out of the ledger. Gives false, and leaves it there,
 * when it is of a kind or a shape that this version does not know. Throws what undoing throws;
 * the entry is then still in the ledger.
 */
export async function undo(
  entry: LedgerEntry,
  ledger: Pick<Ledger, 'remove'>,
  world: UndoWorld,
): Promise<boolean> {
  const known = rowOf(entry);
  if (!known) return false;
  await known.row.undo(known.read, world);
  await ledger.remove(entry.id);
  return true;
}

function rowOf(entry: LedgerEntry) {
  const row = undoKinds.find(({ kind }) => kind === entry.kind);
  const read = row?.schema.safeParse(entry);
  return row && read?.success ? { row, read: read.data } : undefined;
}

/** What became of one entry. */
export interface Undoing {
  readonly entry: LedgerEntry;
  /**
   * `unknown`: of a kind or a shape that this version does not know; it stays,
   * as does what `failure` tells of.
   */
  readonly result: 'undone' | 'unknown' | ShakedownError;
}

/**
 * Undoes all of these, the last recorded first; those of one kind that follow one another go side by
 * side. What goes with another one of them is undone by that. One that fails keeps no other from it.
 * Throws only when `world.signal` is aborted.
 */
export async function undoAll(
  entries: readonly LedgerEntry[],
  ledger: Pick<Ledger, 'remove'>,
  world: UndoWorld,
): Promise<readonly Undoing[]> {
  const done: Undoing[] = [];
  const goneWith = Map.groupBy(entries, (entry) => ownerOf(entry, entries));
  const left = [...(goneWith.get(undefined) ?? [])];
  while (left.length > 0) {
    const kind = left.at(-1)?.kind;
    const first = left.findLastIndex((entry) => entry.kind !== kind) + 1;
    const alike = left.splice(first).reverse();
    done.push(...(await Promise.all(alike.map((entry) => attempt(entry, ledger, world)))));
    world.signal.throwIfAborted();
  }
  const undone = done.flatMap(({ entry, result }) => (result === 'undone' ? [entry] : []));
  for (const entry of undone.flatMap((owner) => goneWith.get(owner) ?? [])) {
    await ledger.remove(entry.id);
    done.push({ entry, result: 'undone' });
  }
  return done;
}

/** The one of `entries` with which the entry goes. */
function ownerOf(entry: LedgerEntry, entries: readonly LedgerEntry[]): LedgerEntry | undefined {
  const known = rowOf(entry);
  const owner = known?.row.goesWith?.(known.read);
  return owner === undefined ? undefined : entries.find(({ id }) => id === owner);
}

async function attempt(
  entry: LedgerEntry,
  ledger: Pick<Ledger, 'remove'>,
  world: UndoWorld,
): Promise<Undoing> {
  try {
    return { entry, result: (await undo(entry, ledger, world)) ? 'undone' : 'unknown' };
  } catch (error) {
    return { entry, result: asShakedownError(error) };
  }
}
