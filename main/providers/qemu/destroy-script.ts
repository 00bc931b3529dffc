import { join } from 'node:path';
import { hostLock } from '../host/host-lock.ts';
import { rootCanBeHad } from '../host/own-root.ts';
import { shellFile } from '../host/shell-file.ts';
import { clusterNames } from './names.ts';
import { destroyOwnScript } from './network/namespace-scripts.ts';

/**
 * The script that takes away all of a cluster in whatever state it is, from its id alone; for `runAsOwner`.
 */
export function destroyScript(id: string): string {
  if (!rootCanBeHad()) return destroyOwnScript(id);
  const { directory, bridge, table, cgroup } = clusterNames(id);
  const values = { id, dir: directory, bridge, table, cgroup, lock_file: hostLock };
  return shellFile(join(import.meta.dirname, 'machines'), 'destroy-cluster.sh', values);
}
