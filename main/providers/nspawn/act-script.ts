import { shellFile } from '../host/shell-file.ts';
import { clusterNames, nodeNames } from './names.ts';

/** What `act-on-node.sh` can do, with its arguments. */
export type NodeAct =
  | readonly ['reboot' | 'power_off' | 'power_on' | 'let_go']
  | readonly ['snapshot' | 'restore', name: string];

/** The script that does something to one node of a cluster. */
export function actScript(id: string, node: number, act: NodeAct): string {
  const values = { id, node, home: nodeNames(id, node).directory, cgroup: clusterNames(id).cgroup };
  return shellFile(import.meta.dirname, 'act-on-node.sh', values, act);
}
