import { ClusterPower } from '../cluster/power/cluster-power.ts';
import type { Scenario } from '../config/scenario.ts';
import type { Cluster } from '../providers/provider.ts';
import { everyProvider } from '../providers/registry.ts';
import type { OpenRun } from './open-run.ts';
import type { World } from './world/world.ts';

/** Power over the machines of a run: what is done is in its events and its report. */
export const powerOf = async (
  cluster: Cluster,
  { timeouts }: Pick<Scenario, 'timeouts'>,
  { provider, connector }: Pick<World, 'provider' | 'connector'>,
  { recorder, store, work }: OpenRun,
): Promise<ClusterPower> =>
  new ClusterPower({
    cluster,
    provider: await provider(cluster.provider),
    kinds: everyProvider,
    connect: connector.connect,
    timeouts,
    work,
    directoryOf: (node) => store.nodeDirectory(node),
    startedAt: recorder.startedAt,
    record: recorder.machineAct,
  });
