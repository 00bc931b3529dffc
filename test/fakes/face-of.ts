import type { Ask, ClusterUnderTest } from '../../main/cluster/cluster-under-test.ts';
import { type Cluster, type ClusterNode, clusterFace } from '../../main/cluster/face/cluster-face.ts';
import { methodNames } from '../../main/cluster/live-cluster.ts';
import type { Asked } from '../../main/cluster/method.ts';

/**
 * A cluster with a function for each operation, as check files have it, in
 * this process: errors are those thrown.
 */
export const faceOf = (cluster: ClusterUnderTest, asked: Asked = {}): Cluster =>
  clusterFace({
    nodes: cluster.nodes,
    methods: methodNames,
    ask: ({ scope, method, params, ...on }: Ask) =>
      cluster.ask(scope, method as never, on as never, params as never, asked),
  });

/** One of its nodes, by its place. */
export function nodeOf(cluster: ClusterUnderTest, index = 0, asked: Asked = {}): ClusterNode {
  const node = faceOf(cluster, asked).nodes[index];
  if (node === undefined) throw new Error(`the cluster has no node ${index}`);
  return node;
}
