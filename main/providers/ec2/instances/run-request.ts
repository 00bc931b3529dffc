import { createHash } from 'node:crypto';
import type { RunInstancesCommandInput, Tag } from '@aws-sdk/client-ec2';
import { present } from '../../../../common/present.ts';
import type { Zone } from '../network/zones.ts';
import { keys, nameOf } from '../tags.ts';

/** One instance as it shall be. */
export interface InstancePlan {
  readonly cluster: string;
  readonly node: number;
  readonly name: string;
  readonly image: string;
  readonly type: string;
  readonly keyName: string | undefined;
  readonly group: string;
  readonly tags: readonly Tag[];
  readonly userData: string;
  /** `ssh-ed25519 AAAA…` */
  readonly hostKey: string;
  readonly spot: boolean | { readonly maxPrice: number };
  /** The root disk, where it is known what the image has; in GiB. */
  readonly disk: { readonly device: string; readonly size: number } | undefined;
  readonly publicAddress: boolean | undefined;
}

export type Market = 'spot' | 'on demand';
/**
 * The request for one instance in one zone (docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances).
 * `round` counts the times that the zone was tried before.
 */
export function runRequest(
  plan: InstancePlan,
  zone: Zone,
  { market, round }: { readonly market: Market; readonly round: number },
): RunInstancesCommandInput {
  const tags = [
    ...plan.tags,
    { Key: 'Name', Value: `${nameOf(plan.cluster)}-${plan.name}` },
    { Key: keys.node, Value: String(plan.node) },
  ];
  const withHostKey = [...tags, { Key: keys.hostKey, Value: plan.hostKey }];
  const kinds = ['volume', 'network-interface', ...(market === 'spot' ? ['spot-instances-request'] : [])];
  const maxPrice = typeof plan.spot === 'object' ? { MaxPrice: String(plan.spot.maxPrice) } : {};
  return {
    ClientToken: clientToken(plan, zone, market, round),
    MinCount: 1,
    MaxCount: 1,
    ImageId: plan.image,
    InstanceType: plan.type as NonNullable<RunInstancesCommandInput['InstanceType']>,
    ...present({ KeyName: plan.keyName }),
    UserData: Buffer.from(plan.userData).toString('base64'),
    // The timer on the instance powers it off: that shall be its end.
    InstanceInitiatedShutdownBehavior: 'terminate',
    // The user data has the host key: what on the instance only passes
    // requests on (SSRF) shall not get at it.
    MetadataOptions: { HttpEndpoint: 'enabled', HttpTokens: 'required' },
    NetworkInterfaces: [
      {
        DeviceIndex: 0,
        SubnetId: zone.subnet,
        Groups: [plan.group],
        DeleteOnTermination: true,
        ...present({ AssociatePublicIpAddress: plan.publicAddress }),
      },
    ],
    ...present({ BlockDeviceMappings: plan.disk && [rootDisk(plan.disk)] }),
    ...(market === 'spot'
      ? {
          InstanceMarketOptions: {
            MarketType: 'spot',
            SpotOptions: {
              SpotInstanceType: 'one-time',
              InstanceInterruptionBehavior: 'terminate',
              ...maxPrice,
            },
          },
        }
      : {}),
    TagSpecifications: [
      { ResourceType: 'instance', Tags: withHostKey },
      ...kinds.map((kind) => ({ ResourceType: kind as 'volume', Tags: tags })),
    ],
  };
}

/** Some images want theirs to outlive the instance: then nobody would end what a lost main host left. */
const rootDisk = ({ device, size }: NonNullable<InstancePlan['disk']>) => ({
  DeviceName: device,
  Ebs: { DeleteOnTermination: true, VolumeSize: size },
});

/**
 * At most 64 characters; one for each different request, for a token may not be used with other parameters.
 */
const clientToken = (plan: InstancePlan, zone: Zone, market: Market, round: number): string =>
  createHash('sha256')
    .update(JSON.stringify([plan.cluster, plan.node, zone.subnet, market, round]))
    .digest('hex');
