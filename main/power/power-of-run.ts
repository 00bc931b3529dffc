import type { Scenario } from '../config/scenario.ts';
import type { OpenRun } from '../open-run.ts';
import type { Cluster } from '../providers/provider.ts';
import { providers } from '../providers/registry.ts';
import type { World } from '../world.ts';
import { ClusterPower } from './cluster-power.ts';

/** Power over the machines of a run: what is done is in its events and its report. */
export const powerOf = (
  cluster: Cluster,
  { timeouts }: Pick<Scenario, 'timeouts'>,
  { provider, connector }: Pick<World, 'provider' | 'connector'>,
  { recorder, store, work }: OpenRun,
): ClusterPower =>
  new ClusterPower({
    cluster,
    provider: provider(cluster.provider),
    kinds: providers,
    connect: connector.connect,
    timeouts,
    work,
    directoryOf: (node) => store.nodeDirectory(node),
    startedAt: recorder.startedAt,
    record: recorder.machineAct,
  });
