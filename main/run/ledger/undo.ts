import type { Ledger, LedgerEntry } from '../../context.ts';
import type { UndoWorld } from '../../ledger/undo-kind.ts';
import { undoKinds } from './undo-kinds.ts';

/**
 * Undoes what the entry says and takes it out of the ledger. Gives false, and leaves it there, when it is of a kind
 * or a shape that this version does not know. Throws what undoing throws; the entry is then still in the ledger.
 */
export async function undo(
  entry: LedgerEntry,
  ledger: Pick<Ledger, 'remove'>,
  world: UndoWorld,
): Promise<boolean> {
  const row = undoKinds.find(({ kind }) => kind === entry.kind);
  const read = row?.schema.safeParse(entry);
  if (!row || !read?.success) return false;
  await row.undo(read.data, world);
  await ledger.remove(entry.id);
  return true;
}
