import { join } from 'node:path';
import { shellFile } from '../../host/shell-file.ts';
import { type Engine, engineValues } from '../engines/engine.ts';
import { clusterLabel, clusterNames, podmanPaths, stateRoot } from '../names.ts';
import { networkOf, removeFlags } from './create-script.ts';

/** The script that takes a cluster away from one engine, from its id alone, in whatever state it is. */
export function destroyScript(engine: Engine, id: string): string {
  const { directory, bridge, table, cgroup, keptMark, network, namespacePrefix } = clusterNames(id);
  const podman = engine.kind === 'podman';
  return shellFile(import.meta.dirname, 'destroy-cluster.sh', {
    id,
    dir: directory,
    bridge,
    table,
    cgroup,
    kept_mark: keptMark,
    cluster_label: clusterLabel,
    namespace_prefix: namespacePrefix,
    network_file: podman ? join(podmanPaths().networks, `${network}.json`) : undefined,
    group_lock: join(stateRoot(), 'cgroup.lock'),
    list_flags: podman ? ['-a', '--external'] : ['-a'],
    remove_flags: removeFlags(engine),
    ...engineValues(engine),
    ...networkOf(id, engine),
  });
}

/** The script that removes a cluster's folder, with all else gone. */
export const removeFolderScript = (id: string): string =>
  shellFile(import.meta.dirname, 'remove-folder.sh', { dir: clusterNames(id).directory });
