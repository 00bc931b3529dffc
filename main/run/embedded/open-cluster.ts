import type { OpenCluster, OpenClusterOptions } from './open-cluster-options.ts';

/**
 * Machines, deployment and readiness of a scenario's folder as in a run, for whatever program asks: a cluster
 * inside the test runner that people have.
 *
 *     await using cluster = await openCluster('path/to/scenario', { set: { token: 'x' } });
 *     await cluster.node(0).sh('etcdctl put a b');
 *
 * Throws UsageError for a mistake in the scenario or the options; ShakedownError, the run's first failure,
 * when the cluster does not come up: its evidence is home and its machines are gone by then.
 */
export async function openCluster(scenario = '.', options: OpenClusterOptions = {}): Promise<OpenCluster> {
  // Configs import this module too, and need none of what it takes to run one.
  return (await import('./open-embedded-cluster.ts')).openEmbeddedCluster(scenario, options);
}
