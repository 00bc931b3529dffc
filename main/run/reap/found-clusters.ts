import { present } from '../../../common/present.ts';
import { isAlive } from '../../../common/processes/process-identity.ts';
import type { ListedCluster, Provider } from '../../providers/provider.ts';
import { type ClusterOrigin, clusterOrigins, realFolder } from '../../store/cluster-origins.ts';

/** A cluster of this main host, and whose it is. */
export interface FoundCluster {
  readonly provider: Provider;
  /** Its owner lives when either its provider or its note says so. */
  readonly cluster: ListedCluster;
  /** Absent where nothing is noted: an older shakedown made it, another user, or another main host. */
  readonly origin?: ClusterOrigin;
  /** Whether it was made from one of the folders that were asked about. */
  readonly here: boolean;
}

export interface FindOptions {
  readonly signal: AbortSignal;
  readonly cacheDir: string;
  /** Absolute. */
  readonly folders: readonly string[];
}

/** The provider's clusters on this main host, those of killed runs included. Throws as the provider does. */
export async function findClusters(
  provider: Provider,
  { folders, ...context }: FindOptions,
): Promise<readonly FoundCluster[]> {
  const listed = await provider.list(context);
  // Read after the clusters were listed: whatever is there by then has its note.
  const origins = await clusterOrigins(context.cacheDir);
  const isHere = isOfFolders(folders);
  return listed.map((cluster) => {
    const origin = origins.get(cluster.id);
    const ownerAlive = cluster.ownerAlive || (origin !== undefined && isAlive(origin.owner));
    const here = origin !== undefined && isHere(origin);
    return { provider, cluster: { ...cluster, ownerAlive }, here, ...present({ origin }) };
  });
}

/** Tells whether a cluster was made from one of the folders, whatever name that has. */
export function isOfFolders(folders: readonly string[]): (origin: ClusterOrigin) => boolean {
  const real = folders.map(realFolder);
  return ({ folder }) => real.includes(realFolder(folder));
}

/** `nspawn cluster 3fa1c2 of /home/joe/lab, run 20261126-095649-1f2e, since 2026-11-26T09:56:49Z` */
export function describeFound({ provider, cluster, origin }: FoundCluster): string {
  const what = `${provider.name} cluster ${cluster.id}`;
  if (!origin) return `${what} of an unknown folder (an older shakedown's, or another user's)`;
  const since = new Date(origin.since).toISOString().replace(/\.\d+/, '');
  return `${what} of ${origin.folder}, run ${origin.run}, since ${since}`;
}
