import { present } from '../../../common/present.ts';
import type { ClusterUnderTest, NodeUnderTest } from '../../cluster/cluster-under-test.ts';
import { isTarget } from '../../config/order/targets.ts';
import type { CheckTarget, NodeFacts } from '../../config/scenario.ts';

/**
 * Where a declared check looks: at a node, or (without one) at whatever it names itself, from the main host.
 */
export interface Target {
  /** What follows the check's name: ` on node 1`; empty for the main host. */
  readonly suffix: string;
  readonly node?: NodeUnderTest;
}

/**
 * The targets of a check in the order of the nodes. Empty when no node is
 * meant, as by a role that nobody has.
 */
export function targetsOf(on: CheckTarget, cluster: ClusterUnderTest): readonly Target[] {
  if (on === 'main') return [{ suffix: '' }];
  const nodes = cluster.nodes.filter((node) => isTarget(node, on));
  return nodes.map((node) => ({ suffix: ` on node ${node.id}`, node }));
}

/** The target as a person wrote it. */
export function describeTarget(on: CheckTarget): string {
  if (typeof on === 'string') return `'${on}'`;
  return 'role' in on ? `role '${on.role}'` : `node ${on.node}`;
}

/** A node's facts alone, as plain data. */
export const nodeFactsOf = ({ id, address, name, role }: NodeUnderTest): NodeFacts => ({
  id,
  address,
  name,
  ...present({ role }),
});
