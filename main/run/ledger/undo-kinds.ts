import { borrowedNodeUndo } from '../../ledger/borrowed-node-undo.ts';
import { clusterUndo } from '../../ledger/cluster-undo.ts';
import { faultUndo } from '../../ledger/fault-undo.ts';
import type { UndoKind } from '../../ledger/undo-kind.ts';

/** Every kind of side effect that is undone: a new kind is a new row. */
export const undoKinds: readonly UndoKind[] = [clusterUndo, borrowedNodeUndo, faultUndo];
