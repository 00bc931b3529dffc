import type { NodeConfig } from '../config/node/node-config.ts';

/** Whether a node's config has anything for apt to do. */
export const hasPackages = ({
  packages,
  debs,
  aptSources,
}: Pick<NodeConfig, 'packages' | 'debs' | 'aptSources'>): boolean =>
  packages.length + debs.length + aptSources.length > 0;
