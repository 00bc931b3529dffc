import type { NodeTarget } from '../node/node-config.ts';
import type { NodeFacts } from '../scenario.ts';

/** Whether a node is among those that `on: …` means. */
export function isTarget({ id, role }: Pick<NodeFacts, 'id' | 'role'>, on: NodeTarget): boolean {
  if (on === 'all') return true;
  if (on === 'first') return id === 0;
  return 'node' in on ? id === on.node : role === on.role;
}

/** `any node`, `node 0`, `the nodes of role 'db'`. */
export function targetInWords(on: NodeTarget): string {
  if (on === 'all') return 'any node';
  if (on === 'first') return 'node 0';
  return 'node' in on ? `node ${on.node}` : `the nodes of role '${on.role}'`;
}
