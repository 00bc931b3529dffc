import type { Filter, Tag } from '@aws-sdk/client-ec2';
import type { Ec2Api } from './api/ec2-api.ts';
import { unknownAction } from './instances/instance-type.ts';
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

const groups: Ask = async (filter, api, signal) => {
  const request = { Filters: [...filter] };
  const pages = await api.pages('list the security groups', signal, (config, options) =>
    api.sdk.paginateDescribeSecurityGroups(config, request, options),
  );
  const all = pages.flatMap(({ SecurityGroups = [] }) => SecurityGroups);
  return all.map(({ GroupId, Tags }) => ({ id: GroupId, tags: Tags }));
};

const keyPairs: Ask = async (filter, api, signal) => {
  // The one among these that has no pages.
  const { KeyPairs = [] } = await api.call('list the key pairs', signal, (ec2, options) =>
    ec2.describeKeyPairs({ Filters: [...filter] }, options),
  );
  return KeyPairs.map(({ KeyName, Tags }) => ({ id: KeyName, tags: Tags }));
};

const free = { Name: 'status', Values: ['available'] };

const volumes: Ask = async (filter, api, signal) => {
  const request = { Filters: [...filter, free] };
  const pages = await api.pages('list the volumes', signal, (config, options) =>
    api.sdk.paginateDescribeVolumes(config, request, options),
  );
  const all = pages.flatMap(({ Volumes = [] }) => Volumes);
  return all.map(({ VolumeId, Tags }) => ({ id: VolumeId, tags: Tags }));
};

const interfaces: Ask = async (filter, api, signal) => {
  const request = { Filters: [...filter, free] };
  const pages = await api.pages('list the network interfaces', signal, (config, options) =>
    api.sdk.paginateDescribeNetworkInterfaces(config, request, options),
  );
  const all = pages.flatMap(({ NetworkInterfaces = [] }) => NetworkInterfaces);
  return all.map(({ NetworkInterfaceId, TagSet }) => ({ id: NetworkInterfaceId, tags: TagSet }));
};

const spotRequests: Ask = async (filter, api, signal) => {
  const open = { Name: 'state', Values: ['open', 'active'] };
  const request = { Filters: [...filter, open] };
  const pages = await api.pages('list the spot requests', signal, (config, options) =>
    api.sdk.paginateDescribeSpotInstanceRequests(config, request, options),
  );
  const all = pages.flatMap(({ SpotInstanceRequests = [] }) => SpotInstanceRequests);
  return all.map(({ SpotInstanceRequestId, Tags }) => ({ id: SpotInstanceRequestId, tags: Tags }));
};

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
