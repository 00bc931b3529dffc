import { hostLock } from '../host/host-lock.ts';
import { shellFile } from '../host/shell-file.ts';
import { clusterNames } from './names.ts';

/** The script that takes away all of a cluster in whatever state it is, from its id alone. */
export function destroyScript(id: string): string {
  const { directory, bridge, table, cgroup } = clusterNames(id);
  const values = { id, dir: directory, bridge, table, cgroup, lock_file: hostLock };
  return shellFile(import.meta.dirname, 'destroy-cluster.sh', values);
}
