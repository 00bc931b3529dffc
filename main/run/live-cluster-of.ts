import { join } from 'node:path';
import { ShakedownError } from '../../common/errors.ts';
import { LiveCluster } from '../cluster/live-cluster.ts';
import type { Node } from '../cluster/node.ts';
import { ActiveFaults } from '../cluster/operations/active-faults.ts';
import type { FaultEntry } from '../ledger/fault-undo.ts';
import type { UndoWorld } from '../ledger/undo-kind.ts';
import type { Session } from '../phases/phase.ts';
import { borrowedMachines } from '../providers/provider.ts';
import { scratchOf } from '../store/scratch.ts';
import { undo } from './ledger/undo.ts';
import type { OpenRun } from './open-run.ts';

/** What one can ask of a run's nodes. To dispose of it heals the faults that are left. */
export function liveClusterOf(
  { scenario, cluster, nodes, store, power, packages }: Session,
  undoing: UndoWorld,
  { work: ctx, recorder: { startedAt } }: Pick<OpenRun, 'work' | 'recorder'>,
): LiveCluster {
  const { directory, timeouts, secrets } = scenario;
  const borrowed = borrowedMachines(cluster);
  const faults = new ActiveFaults({
    cluster: cluster.id,
    isBorrowed: ({ machine }: Node) => borrowed.some(({ id }) => id === machine.id),
    undo: async (entry: FaultEntry) => {
      if (!(await undo(entry, ctx.ledger, undoing)))
        throw new ShakedownError({ message: `the ledger's entry of it is not understood: ${entry.id}` });
    },
    ctx,
  });
  const spoolDir = join(scratchOf(store.directory), 'outputs');
  return new LiveCluster({
    ...{ nodes, power, packages, startedAt, directory, spoolDir, timeouts, secrets, faults, ctx },
  });
}
