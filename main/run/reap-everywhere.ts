import type { ShakedownError } from '../../common/errors.ts';
import { isAlive } from '../../common/process-identity.ts';
import type { Provider } from '../providers/provider.ts';
import { type ClusterOrigin, clusterOrigins, forgetOrigin } from '../store/cluster-origins.ts';
import { describeFound, type FoundCluster, findClusters } from './found-clusters.ts';
import { type Reaped, told } from './reap.ts';
import type { Reaping } from './undo-world.ts';

export interface ReapOptions {
  /** Those too that were kept on purpose. */
  readonly kept: boolean;
  /** Those too of other folders, and those of which nobody knows the folder. */
  readonly all: boolean;
  /** Whose clusters are taken in any case; absolute. */
  readonly folders: readonly string[];
  /** Told whose a cluster is, before it is taken. */
  readonly tell: (line: string) => void;
}

export interface ReapedEverywhere extends Reaped {
  /** A sentence for each cluster that is not of these folders, and so was left alone. */
  readonly leftAlone: readonly string[];
}

/**
 * Destroys clusters of this main host whose process is dead: those of the folders, with `all` every one. What fails
 * keeps nothing else from it. Throws only when interrupted.
 */
export async function reapEverywhere(
  providers: readonly Provider[],
  world: Reaping,
  { kept, all, folders, tell }: ReapOptions,
): Promise<ReapedEverywhere> {
  const failures: ShakedownError[] = [];
  const attempt = async ({ name }: Provider, action: () => Promise<void>) => {
    try {
      await action();
    } catch (error) {
      world.signal.throwIfAborted();
      failures.push(told(name, error));
    }
  };
  // Before anybody looks: whose maker lives now may be of a cluster that comes after the look.
  const dead = await originsOfDead(world);
  const there = new Set<FoundCluster>();
  for (const provider of providers) {
    await attempt(provider, async () => {
      for (const found of await findClusters(provider, { ...world, folders })) there.add(found);
    });
  }
  const allLooked = failures.length === 0;
  const lines: string[] = [];
  const leftAlone: string[] = [];
  for (const found of [...there]) {
    const { provider, cluster, here } = found;
    if (cluster.ownerAlive || (cluster.kept && !kept)) continue;
    if (!here && !all) {
      leftAlone.push(`left alone: ${describeFound(found)}; 'shakedown reap --all' takes it`);
      continue;
    }
    await attempt(provider, async () => {
      tell(`${cluster.borrowed ? 'releasing the machines of' : 'destroying'} ${describeFound(found)}`);
      await provider.destroy(cluster, { signal: world.signal, log: () => undefined });
      there.delete(found);
      const done = cluster.borrowed ? 'released the machines of' : 'destroyed';
      lines.push(`${done} ${provider.name} cluster ${cluster.id}`);
    });
  }
  // Of a cluster of several kinds one that could not look may have a part.
  if (allLooked) await forgetThoseGone(dead, providers, there, world);
  return { lines, leftAlone, failures };
}

const originsOfDead = async ({ cacheDir }: Reaping): Promise<readonly ClusterOrigin[]> =>
  [...(await clusterOrigins(cacheDir)).values()].filter(({ owner }) => !isAlive(owner));

/** Removes those notes of clusters of these kinds of which nothing is there. */
async function forgetThoseGone(
  origins: readonly ClusterOrigin[],
  providers: readonly Provider[],
  there: ReadonlySet<FoundCluster>,
  { cacheDir }: Reaping,
): Promise<void> {
  const ids = new Set([...there].map(({ cluster }) => cluster.id));
  for (const { id, provider } of origins) {
    const asked = providers.some(({ name }) => name === provider);
    if (asked && !ids.has(id)) await forgetOrigin(id, cacheDir);
  }
}
