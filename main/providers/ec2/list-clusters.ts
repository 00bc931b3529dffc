import { present } from '../../../common/present.ts';
import { isAlive } from '../../../common/processes/process-identity.ts';
import type { ListedCluster } from '../provider.ts';
import type { Cloud } from './api/cloud.ts';
import type { Ec2Api } from './api/ec2-api.ts';
import type { Ec2States } from './ec2-state.ts';
import { describe } from './instances/instances.ts';
import { keys, mainHost, readTags, type Told } from './tags.ts';
import { allTags } from './things.ts';

/** A cluster as the cloud tells it. */
export interface FoundCluster extends Told {
  readonly cloud: Cloud;
}

/** All clusters of a cloud, whoever made them, each once; the word of its instances counts most. */
export async function clustersAt(api: Ec2Api, signal: AbortSignal): Promise<readonly FoundCluster[]> {
  const filters = [
    { Name: 'tag-key', Values: [keys.cluster] },
    { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped', 'shutting-down'] },
  ];
  const [instances, others] = await Promise.all([
    describe({ Filters: filters }, api, signal),
    allTags(api, signal),
  ]);
  const told = [...instances.map(({ Tags }) => Tags), ...others].map(readTags);
  const found = new Map<string, FoundCluster>();
  for (const each of told) {
    if (each && !found.has(each.cluster)) found.set(each.cluster, { ...each, cloud: api.cloud });
  }
  return [...found.values()];
}

/**
 * The clusters that concern this main host: those that it made, and those of any other main host past their
 * expiry, which nobody may need any more. One past its expiry is not kept.
 */
export async function merge(
  found: readonly FoundCluster[],
  states: Ec2States,
  now: number,
): Promise<readonly ListedCluster[]> {
  const ids = await states.ids();
  const known = await Promise.all(ids.map(async (id) => ({ id, state: await states.read(id) })));
  const local = known.map(({ id, state }): ListedCluster => {
    const inCloud = found.find(({ cluster }) => cluster === id);
    const expired = inCloud !== undefined && inCloud.expires < now;
    return {
      id,
      ...present({ state: state?.cloud }),
      ownerAlive: state !== undefined && isAlive(state.owner),
      kept: states.isKept(id) && !expired,
    };
  });
  const ours = mainHost();
  const strays = found.flatMap(({ cluster, owner, maker, expires, kept, cloud }): ListedCluster[] => {
    if (ids.includes(cluster)) return [];
    const expired = expires < now;
    if (owner !== ours && !expired) return [];
    const ownerAlive = owner === ours && maker !== undefined && isAlive(maker);
    return [{ id: cluster, state: cloud, ownerAlive, kept: kept && !expired }];
  });
  return [...local, ...strays];
}
