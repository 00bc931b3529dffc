import { homedir } from 'node:os';
import { join } from 'node:path';
import { clusterIdPattern } from '../cluster-id.ts';
import { stateHome } from '../host/state-home.ts';

/** All that is made of a cluster has this label with the cluster's id. */
export const clusterLabel = 'shakedown.cluster';
/** The process that made it, as JSON: other users of the same engine see it too. */
export const ownerLabel = 'shakedown.owner';
/** On our images: which tree they were made of. */
export const treeLabel = 'shakedown.tree';
/** On those of our images that are layers: what is known about them. */
export const layerLabel = 'shakedown.layer';
/** The repository of the images that we build. */
export const imageRepository = 'localhost/shakedown';

/** Everything of a cluster is named from its id, so that the id alone is enough to take all of it away. */
export const clusterNames = (id: string) => ({
  network: `shakedown-${id}`,
  /** At most 15 characters. */
  bridge: `sk${id}`,
  /** An empty volume whose being there says that the cluster is kept: labels cannot be changed. */
  keptMark: `shakedown-${id}-kept`,
  table: `shakedown_sk${id}`,
  /** Of the network namespaces that we make, before the number of a node. */
  namespacePrefix: `sk-${id}-`,
  /** Below every cgroup hierarchy, of root's Podman. */
  cgroup: `shakedown-docker/${id}`,
  directory: join(stateRoot(), id),
});

export const containerName = (id: string, node: number): string => `shakedown-${id}-${node}`;

export const consoleLog = (id: string, node: number): string =>
  join(clusterNames(id).directory, String(node), 'console.log');

/** The id of the cluster that a container, network or volume of ours belongs to. */
export function clusterOf(name: string): string | undefined {
  return new RegExp(`^shakedown-(${clusterIdPattern})(?:-(?:\\d+|kept))?$`).exec(name)?.[1];
}

const isRoot = () => process.getuid?.() === 0;

/**
 * Our files on this main host: root's where all kinds have theirs, other users' in their homes (XDG Base
 * Directory).
 */
export function stateRoot(env: NodeJS.ProcessEnv = process.env): string {
  if (isRoot()) return join(stateHome, 'docker');
  return join(env.XDG_DATA_HOME || join(homedir(), '.local/share'), 'shakedown/docker');
}

/** Where our own Podman has its containers, images and networks: apart from the user's. */
export const podmanPaths = (env: NodeJS.ProcessEnv = process.env) => {
  const runtime = env.XDG_RUNTIME_DIR || (isRoot() ? '/run' : `/tmp/shakedown-${process.getuid?.()}`);
  const home = join(stateRoot(env), 'podman');
  return {
    home,
    storage: join(home, 'storage'),
    networks: join(home, 'networks'),
    config: join(home, 'containers.conf'),
    run: join(runtime, 'shakedown-podman'),
  };
};
