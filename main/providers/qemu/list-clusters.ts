import type { RunContext } from '../../context/run-context.ts';
import { listClusters as listHostClusters } from '../host/list-clusters.ts';
import type { ListedCluster } from '../provider.ts';
import { clusterOf, stateRoot } from './names.ts';

/** All clusters of this main host, those included of which only stray things are left. */
export const listClusters = (ctx: Pick<RunContext, 'signal'>): Promise<readonly ListedCluster[]> =>
  listHostClusters({ root: stateRoot(), cgroup: 'shakedown-qemu', clusterOf }, ctx);
