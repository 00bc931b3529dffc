import type { ShakedownError } from '../../../common/errors.ts';
import { isAlive } from '../../../common/processes/process-identity.ts';
import { destroyCluster } from '../../ledger/cluster-undo.ts';
import type { Provider } from '../../providers/provider.ts';
import { type ClusterOrigin, clusterOrigins, forgetOrigin } from '../../store/cluster-origins.ts';
import { type Reaping, undoWorld } from '../ledger/undo-world.ts';
import { describeFound, type FoundCluster, findClusters, isOfFolders } from './found-clusters.ts';
import { type Reaped, told } from './reap.ts';

export interface ReapOptions {
  /** Those too that were kept on purpose. */
  readonly kept: boolean;
  /** Those too of other folders, and those of which nobody knows the folder. */
  readonly all: boolean;
  /** The kinds were asked for by name: one that cannot look is a failure, whoever has machines of it. */
  readonly named: boolean;
  /** Whose clusters are taken in any case; absolute. */
  readonly folders: readonly string[];
  /** Told whose a cluster is, before it is taken. */
  readonly tell: (line: string) => void;
}

export interface ReapedEverywhere extends Reaped {
  /**
   * A sentence for what does not concern these folders: a cluster of another one, a kind that cannot look.
   */
  readonly leftAlone: readonly string[];
}

/**
 * Destroys clusters of this main host whose process is dead: those of the folders, with `all` every one. What
 * fails keeps nothing else from it. Throws only when interrupted.
 */
export async function reapEverywhere(
  providers: readonly Provider[],
  world: Reaping,
  options: ReapOptions,
): Promise<ReapedEverywhere> {
  const { kept, all, tell } = options;
  // Before anybody looks: whose maker lives now may be of a cluster that comes after the look.
  const origins = [...(await clusterOrigins(world.cacheDir)).values()];
  const dead = origins.filter(({ owner }) => !isAlive(owner));
  const { found, blind } = await lookAround(providers, world, options);
  const { failures, leftAlone } = concerning(blind, origins, options);
  const there = new Set(found);
  const lines: string[] = [];
  for (const each of found) {
    const { provider, cluster, here } = each;
    if (cluster.ownerAlive || (cluster.kept && !kept)) continue;
    if (!here && !all) {
      leftAlone.push(`left alone: ${describeFound(each)}; 'shakedown reap --all' takes it`);
      continue;
    }
    tell(`${cluster.borrowed ? 'releasing the machines of' : 'destroying'} ${describeFound(each)}`);
    try {
      const its = async () => provider;
      const entry = { id: cluster.id, provider: provider.name, state: cluster.state };
      await destroyCluster(entry, { ...undoWorld(world), provider: its });
      there.delete(each);
      const done = cluster.borrowed ? 'released the machines of' : 'destroyed';
      lines.push(`${done} ${provider.name} cluster ${cluster.id}`);
    } catch (error) {
      world.signal.throwIfAborted();
      failures.push(told(provider.name, error));
    }
  }
  // Of a cluster of several kinds one that could not look may have a part.
  if (blind.size === 0) await forgetThoseGone(dead, providers, there, world);
  return { lines, leftAlone, failures };
}

/** The clusters of these kinds, and by their names those that could not look, with why. */
async function lookAround(providers: readonly Provider[], world: Reaping, { folders }: ReapOptions) {
  const found: FoundCluster[] = [];
  const blind = new Map<string, ShakedownError>();
  for (const provider of providers) {
    try {
      found.push(...(await findClusters(provider, { ...world, folders })));
    } catch (error) {
      world.signal.throwIfAborted();
      blind.set(provider.name, told(provider.name, error));
    }
  }
  return { found, blind };
}

/** A kind that cannot look is a failure for those who have machines of it, or ask for all of them. */
function concerning(
  blind: ReadonlyMap<string, ShakedownError>,
  origins: readonly ClusterOrigin[],
  { all, named, folders }: ReapOptions,
) {
  const ours = new Set(origins.filter(isOfFolders(folders)).map(({ provider }) => provider));
  const failures: ShakedownError[] = [];
  const leftAlone: string[] = [];
  for (const [kind, error] of blind) {
    if (all || named || ours.has(kind) || ours.has('mixed')) failures.push(error);
    else leftAlone.push(`not looked at, for nothing of this folder is there: ${error.message}`);
  }
  return { failures, leftAlone };
}

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
