import type { Cluster } from '../providers/provider.ts';

/** The machines that the current folder's latest run uses or kept: `.shakedown/cluster.json`. */
export interface KeptCluster {
  readonly cluster: Cluster;
  /** The scenario's folder, absolute. */
  readonly scenario: string;
  /** The run that made it. */
  readonly run: string;
  /** Each node's working directory, so that borrowed machines can be given back; by node id. */
  readonly workingDirs: readonly string[];
  /** False while its run is still under way. */
  readonly kept: boolean;
}
