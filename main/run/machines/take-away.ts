import { asShakedownError } from '../../../common/errors.ts';
import type { LedgerEntry } from '../../context/run-context.ts';
import type { ClusterEntry } from '../../ledger/cluster-undo.ts';
import type { UndoWorld } from '../../ledger/undo-kind.ts';
import type { Cluster } from '../../providers/provider.ts';
import { undoAll } from '../ledger/undo.ts';
import type { OpenRun } from '../open-run.ts';

/**
 * Destroys a cluster's machines, or gives up the claim on borrowed ones, once what came `later` is undone.
 * Throws the first failure when all has been tried, with how to finish.
 */
export async function takeAway(
  { id, provider, state }: Cluster,
  later: readonly LedgerEntry[],
  world: UndoWorld,
  { ledger, recorder }: Pick<OpenRun, 'ledger' | 'recorder'>,
): Promise<void> {
  const cluster: ClusterEntry = { kind: 'cluster', id, provider, state };
  await recorder.step('destroy', async () => {
    for (const { result } of await undoAll([cluster, ...later], ledger, world)) {
      if (typeof result === 'object') throw asToFinish(result);
    }
  });
}

/** A failure to take machines away, or to keep them: something of them is left. */
export const asToFinish = (error: unknown) =>
  asShakedownError(error, { phase: 'destroy' }).with({ hint: "finish the clean-up with 'shakedown reap'" });
