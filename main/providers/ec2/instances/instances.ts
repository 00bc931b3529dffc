import type { Instance } from '@aws-sdk/client-ec2';
import type { Ec2Api } from '../api/ec2-api.ts';
import { keys, readTags } from '../tags.ts';

/** The states of an instance that still exists. */
const existing = ['pending', 'running', 'stopping', 'stopped', 'shutting-down'];

/** An instance of a cluster. */
export interface OwnInstance {
  readonly id: string;
  readonly node: number;
  readonly state: string;
  /** `ssh-ed25519 AAAA…`, as its user data has it. */
  readonly hostKey: string | undefined;
  readonly spot: boolean;
  readonly zone: string;
  readonly publicDns: string | undefined;
  readonly publicAddress: string | undefined;
  readonly privateAddress: string | undefined;
  /** Why it is in that state. */
  readonly reason: string | undefined;
}

/**
 * The instances that have the cluster's tag and are not gone
 * (API_DescribeInstances); with `states` also others.
 */
export async function instancesOf(
  cluster: string,
  api: Ec2Api,
  signal: AbortSignal,
  states: readonly string[] = existing,
): Promise<readonly OwnInstance[]> {
  const filters = [
    { Name: `tag:${keys.cluster}`, Values: [cluster] },
    { Name: 'instance-state-name', Values: [...states] },
  ];
  return (await describe({ Filters: filters }, api, signal)).flatMap(ownInstance);
}

/** All instances with a filter, page by page. */
export async function describe(
  request: { readonly Filters?: { Name: string; Values: string[] }[]; readonly InstanceIds?: string[] },
  api: Ec2Api,
  signal: AbortSignal,
): Promise<readonly Instance[]> {
  const pages = await api.pages('list the instances', signal, (config, options) =>
    api.sdk.paginateDescribeInstances(config, request, options),
  );
  return pages.flatMap(({ Reservations = [] }) => Reservations.flatMap(({ Instances = [] }) => Instances));
}

/** An instance in our words; none for one that is not ours. */
export function ownInstance(instance: Instance): OwnInstance[] {
  const told = readTags(instance.Tags);
  if (told?.node === undefined || !instance.InstanceId) return [];
  return [
    {
      id: instance.InstanceId,
      node: told.node,
      state: instance.State?.Name ?? 'unknown',
      hostKey: told.hostKey,
      spot: instance.InstanceLifecycle === 'spot',
      zone: instance.Placement?.AvailabilityZone ?? '',
      publicDns: instance.PublicDnsName || undefined,
      publicAddress: instance.PublicIpAddress || undefined,
      privateAddress: instance.PrivateIpAddress || undefined,
      reason: instance.StateReason?.Message ?? (instance.StateTransitionReason || undefined),
    },
  ];
}
