import { nodeFacts } from './config/scenario.ts';
import type { OpenRun } from './open-run.ts';
import { makeMachines, newClusterId, wantedMachines } from './phases/machines.ts';
import type { Cluster } from './providers/provider.ts';
import type { RunRequest } from './run.ts';
import { writeKeptCluster } from './store/kept-cluster.ts';
import type { World } from './world.ts';

/** Makes or borrows the machines, or takes those that an earlier run kept; they are in `cluster.json` after. */
export async function machinesFor(
  request: Omit<RunRequest, 'keep'>,
  world: World,
  { work, emit, store }: OpenRun,
): Promise<Cluster> {
  const { scenario, reuse, rebuild = false } = request;
  const { whyProvider: message } = scenario;
  if (message !== undefined) emit({ type: 'note', message, phase: 'machines' });
  const provider = await world.provider(scenario.provider);
  const shares = await world.agentShares(world.cacheDir);
  const cluster =
    reuse?.kept.cluster ??
    (await makeMachines(newClusterId(), wantedMachines(scenario), provider, { shares, rebuild }, work));
  emit({ type: 'nodes-known', nodes: cluster.machines.map(nodeFacts) });
  const kept = {
    cluster,
    scenario: scenario.directory,
    flags: request.flags,
    run: store.id,
    workingDirs: [],
    kept: reuse !== undefined,
  };
  await writeKeptCluster(world.directory, kept);
  return cluster;
}
