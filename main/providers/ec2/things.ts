import type { Filter, Tag } from '@aws-sdk/client-ec2';
import type { Ec2Api } from './ec2-api.ts';
import { unknownAction } from './instance-type.ts';
import { keys } from './tags.ts';

/** The ids of what a cluster has besides instances. */
export interface Things {
  readonly groups: readonly string[];
  /** Their names. */
  readonly keyPairs: readonly string[];
  /** Those that no instance holds. */
  readonly volumes: readonly string[];
  readonly interfaces: readonly string[];
  /** Those that may still be fulfilled. */
  readonly spotRequests: readonly string[];
}

interface Tagged {
  readonly id: string | undefined;
  readonly tags: readonly Tag[] | undefined;
}

type Ask = (filter: readonly Filter[], api: Ec2Api, signal: AbortSignal) => Promise<readonly Tagged[]>;

const groups: Ask = (filter, api, signal) =>
  api.call('list the security groups', signal, async (ec2, options) => {
    const { SecurityGroups = [] } = await ec2.describeSecurityGroups({ Filters: [...filter] }, options);
    return SecurityGroups.map(({ GroupId, Tags }) => ({ id: GroupId, tags: Tags }));
  });

const keyPairs: Ask = (filter, api, signal) =>
  api.call('list the key pairs', signal, async (ec2, options) => {
    const { KeyPairs = [] } = await ec2.describeKeyPairs({ Filters: [...filter] }, options);
    return KeyPairs.map(({ KeyName, Tags }) => ({ id: KeyName, tags: Tags }));
  });

const volumes: Ask = (filter, api, signal) =>
  api.call('list the volumes', signal, async (ec2, options) => {
    const free = { Name: 'status', Values: ['available'] };
    const { Volumes = [] } = await ec2.describeVolumes({ Filters: [...filter, free] }, options);
    return Volumes.map(({ VolumeId, Tags }) => ({ id: VolumeId, tags: Tags }));
  });

const interfaces: Ask = (filter, api, signal) =>
  api.call('list the network interfaces', signal, async (ec2, options) => {
    const free = { Name: 'status', Values: ['available'] };
    const { NetworkInterfaces = [] } = await ec2.describeNetworkInterfaces(
      { Filters: [...filter, free] },
      options,
    );
    return NetworkInterfaces.map(({ NetworkInterfaceId, TagSet }) => ({
      id: NetworkInterfaceId,
      tags: TagSet,
    }));
  });

const spotRequests: Ask = (filter, api, signal) =>
  api.call('list the spot requests', signal, async (ec2, options) => {
    const open = { Name: 'state', Values: ['open', 'active'] };
    const { SpotInstanceRequests = [] } = await ec2.describeSpotInstanceRequests(
      { Filters: [...filter, open] },
      options,
    );
    return SpotInstanceRequests.map(({ SpotInstanceRequestId, Tags }) => ({
      id: SpotInstanceRequestId,
      tags: Tags,
    }));
  });

/** Compatible clouds lack some of these. */
const orNone =
  (ask: Ask): Ask =>
  (filter, api, signal) =>
    ask(filter, api, signal).catch((error: unknown) => {
      if (unknownAction(error)) return [];
      throw error;
    });

/** All of a cluster but its instances, by its tag. */
export async function ownThings(cluster: string, api: Ec2Api, signal: AbortSignal): Promise<Things> {
  const filter = [{ Name: `tag:${keys.cluster}`, Values: [cluster] }];
  const ids = async (ask: Ask) =>
    (await orNone(ask)(filter, api, signal)).flatMap(({ id }) => (id === undefined ? [] : [id]));
  const asked = await Promise.all([groups, keyPairs, volumes, interfaces, spotRequests].map(ids));
  const [inGroups = [], inKeyPairs = [], inVolumes = [], inInterfaces = [], inRequests = []] = asked;
  return {
    groups: inGroups,
    keyPairs: inKeyPairs,
    volumes: inVolumes,
    interfaces: inInterfaces,
    spotRequests: inRequests,
  };
}

/** The tags of everything of any cluster but instances. */
export async function allTags(
  api: Ec2Api,
  signal: AbortSignal,
): Promise<readonly (readonly Tag[] | undefined)[]> {
  const filter = [{ Name: 'tag-key', Values: [keys.cluster] }];
  const asked = [groups, keyPairs, volumes, interfaces].map((ask) => orNone(ask)(filter, api, signal));
  return (await Promise.all(asked)).flat().map(({ tags }) => tags);
}
