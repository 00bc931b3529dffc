import { join } from 'node:path';
import { LiveCluster } from '../cluster/live-cluster.ts';
import type { Node } from '../cluster/node.ts';
import { ActiveFaults } from '../cluster/operations/active-faults.ts';
import type { RunContext } from '../context/run-context.ts';
import type { Session } from '../phases/phase.ts';
import { borrowedMachines } from '../providers/provider.ts';
import { scratchOf } from '../store/scratch.ts';

/** What one can ask of a run's nodes. To dispose of it heals the faults that are left. */
export function liveClusterOf(
  { scenario, cluster, nodes, store, power }: Session,
  ctx: RunContext,
): LiveCluster {
  const { directory, timeouts } = scenario;
  const borrowed = borrowedMachines(cluster);
  const stays = ({ machine }: Node) => borrowed.some(({ id }) => id === machine.id);
  const faults = new ActiveFaults({ cluster: cluster.id, stays, ctx });
  const spoolDir = join(scratchOf(store.directory), 'outputs');
  return new LiveCluster({ nodes, power, directory, spoolDir, timeouts, faults, ctx });
}
