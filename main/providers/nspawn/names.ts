/** Everything of a cluster is named from its id, so that the id alone is enough to take all of it away. */
export const stateRoot = '/var/lib/shakedown/nspawn';

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
  console: `${stateRoot}/${id}/${node}/console.log`,
});
