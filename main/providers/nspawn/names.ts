import { clusterIdPattern } from '../cluster-id.ts';
import { stateHome } from '../host/state-home.ts';

/**
 * Where the clusters' own files lie: one folder each, with `state.json`, the overlays and the console logs.
 */
export const stateRoot = `${stateHome}/nspawn`;

/** Everything of a cluster is named from its id, so that the id alone is enough to take all of it away. */
export const clusterNames = (id: string) => ({
  directory: `${stateRoot}/${id}`,
  bridge: `sd${id}`,
  table: `shakedown_${id}`,
  /** Below every cgroup hierarchy. */
  cgroup: `shakedown/${id}`,
});

/** Interface names have at most 15 characters. */
export const nodeNames = (id: string, node: number) => ({
  directory: `${stateRoot}/${id}/${node}`,
  namespace: `sd-${id}-${node}`,
  link: `sd${id}v${node}`,
  machine: `sd-${id}-${node}`,
  console: `${stateRoot}/${id}/${node}/console.log`,
});

/**
 * The id of the cluster that a name of ours belongs to: of a folder, link, namespace, nft table or cgroup.
 */
export function clusterOf(name: string): string | undefined {
  const ours = new RegExp(
    `^(?:(${clusterIdPattern})|sd(${clusterIdPattern})(?:v\\d+)?|sd-(${clusterIdPattern})-\\d+)$`,
  );
  const [, folder, link, namespace] = ours.exec(name) ?? [];
  const [, table] = new RegExp(`^shakedown_(${clusterIdPattern})$`).exec(name) ?? [];
  return folder ?? link ?? namespace ?? table;
}
