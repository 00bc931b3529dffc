import type { Filter, Tag } from '@aws-sdk/client-ec2';
import type { CallOptions, Ec2Api } from './api/ec2-api.ts';
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

/** A thing as an answer of EC2 has it. */
type Told = { readonly [field: string]: unknown };

/**
 * How to read things of one sort: what is asked for, and where in an answer
 * they, their ids and their tags are.
 */
interface Reader {
  readonly told: string;
  readonly filters?: readonly Filter[];
  readonly list: string;
  readonly id: string;
  readonly tags?: string;
  readonly pages: (
    api: Ec2Api,
  ) => (
    config: { readonly client: Ec2Api['ec2'] },
    request: { Filters: Filter[] },
    options: CallOptions,
  ) => AsyncIterable<object>;
}

const free = [{ Name: 'status', Values: ['available'] }];

const readers: { readonly [Sort in keyof Things]: Reader } = {
  groups: {
    told: 'security groups',
    list: 'SecurityGroups',
    id: 'GroupId',
    pages: ({ sdk }) => sdk.paginateDescribeSecurityGroups,
  },
  keyPairs: {
    told: 'key pairs',
    list: 'KeyPairs',
    id: 'KeyName',
    // The one among these that has no pages.
    pages: () =>
      async function* ({ client }, request, options) {
        yield await client.describeKeyPairs(request, options);
      },
  },
  volumes: {
    told: 'volumes',
    filters: free,
    list: 'Volumes',
    id: 'VolumeId',
    pages: ({ sdk }) => sdk.paginateDescribeVolumes,
  },
  interfaces: {
    told: 'network interfaces',
    filters: free,
    list: 'NetworkInterfaces',
    id: 'NetworkInterfaceId',
    tags: 'TagSet',
    pages: ({ sdk }) => sdk.paginateDescribeNetworkInterfaces,
  },
  spotRequests: {
    told: 'spot requests',
    filters: [{ Name: 'state', Values: ['open', 'active'] }],
    list: 'SpotInstanceRequests',
    id: 'SpotInstanceRequestId',
    pages: ({ sdk }) => sdk.paginateDescribeSpotInstanceRequests,
  },
};

interface Tagged {
  readonly id: string;
  readonly tags: readonly Tag[] | undefined;
}

/** All things of a sort that a filter lets through; none where a compatible cloud has no such things. */
async function read(
  sort: keyof Things,
  filter: Filter,
  api: Ec2Api,
  signal: AbortSignal,
): Promise<readonly Tagged[]> {
  const { told, filters = [], list, id, tags = 'Tags', pages } = readers[sort];
  const request = { Filters: [filter, ...filters] };
  try {
    const answers = await api.pages(`list the ${told}`, signal, (config, options) =>
      pages(api)(config, request, options),
    );
    const all = answers.flatMap((answer) => ((answer as Told)[list] ?? []) as readonly Told[]);
    return all.flatMap((each) =>
      typeof each[id] === 'string' ? [{ id: each[id], tags: each[tags] as readonly Tag[] | undefined }] : [],
    );
  } catch (error) {
    if (unknownAction(error)) return [];
    throw error;
  }
}

/** All of a cluster but its instances, by its tag. */
export async function ownThings(cluster: string, api: Ec2Api, signal: AbortSignal): Promise<Things> {
  const filter = { Name: `tag:${keys.cluster}`, Values: [cluster] };
  const ids = async (sort: keyof Things) => (await read(sort, filter, api, signal)).map(({ id }) => id);
  const [groups, keyPairs, volumes, interfaces, spotRequests] = await Promise.all([
    ids('groups'),
    ids('keyPairs'),
    ids('volumes'),
    ids('interfaces'),
    ids('spotRequests'),
  ]);
  return { groups, keyPairs, volumes, interfaces, spotRequests };
}

/** The tags of everything of any cluster but instances. */
export async function allTags(
  api: Ec2Api,
  signal: AbortSignal,
): Promise<readonly (readonly Tag[] | undefined)[]> {
  const filter = { Name: 'tag-key', Values: [keys.cluster] };
  const sorts = ['groups', 'keyPairs', 'volumes', 'interfaces'] as const;
  const found = await Promise.all(sorts.map((sort) => read(sort, filter, api, signal)));
  return found.flat().map(({ tags }) => tags);
}
