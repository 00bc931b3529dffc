import { join } from 'node:path';
import { rootCanBeHad } from '../../host/own-root.ts';
import { shellFile } from '../../host/shell-file.ts';
import { clusterNames, machineNames } from '../names.ts';

const here = import.meta.dirname;

/** The script that starts a machine that exists and is off; it leaves one that is on alone. */
export function startAgainScript(cluster: string, node: number): string {
  const home = machineNames(cluster, node).directory;
  const groups = rootCanBeHad() ? join('..', '..', 'host', 'shell', 'cgroups.sh') : 'no-cgroups.sh';
  const values = { node, home, group: `${clusterNames(cluster).cgroup}/${node}` };
  return `${shellFile(here, groups)}\n${shellFile(here, 'start-again.sh', values)}`;
}
