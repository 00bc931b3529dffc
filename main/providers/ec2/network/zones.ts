import type { Subnet } from '@aws-sdk/client-ec2';
import { ShakedownError } from '../../../../common/errors.ts';
import { describeCloud } from '../api/cloud.ts';
import type { Ec2Api } from '../api/ec2-api.ts';
import type { Ec2Settings } from '../ec2-options.ts';
import { unknownAction } from '../instances/instance-type.ts';

/** A subnet in which instances may be launched; all of a cluster's are of one VPC. */
export interface Zone {
  readonly subnet: string;
  readonly vpc: string;
  /** `eu-central-1a` */
  readonly name: string;
  /** `172.31.16.0/20` */
  readonly cidr: string;
}

/**
 * The subnets that are named, or the default VPC's, in zones that have the instance type; the
 * same order every time. (docs.aws.amazon.com/AWSEC2/latest/APIReference:
 * API_DescribeSubnets, API_DescribeInstanceTypeOfferings.)
 */
export async function findZones(
  { subnet, type }: Pick<Ec2Settings, 'subnet' | 'type'>,
  api: Ec2Api,
  signal: AbortSignal,
): Promise<readonly [Zone, ...Zone[]]> {
  const named = subnet === undefined ? undefined : [subnet].flat();
  const query = named
    ? { SubnetIds: named }
    : {
        Filters: [
          { Name: 'default-for-az', Values: ['true'] },
          { Name: 'state', Values: ['available'] },
        ],
      };
  const [pages, offering] = await Promise.all([
    api.pages('list the subnets', signal, (config, options) =>
      api.sdk.paginateDescribeSubnets(config, query, options),
    ),
    offeringZones(type, api, signal),
  ]);
  const zones = pages.flatMap(({ Subnets = [] }) => Subnets.flatMap(zoneOf));
  const sorted = named
    ? zones.toSorted((one, other) => named.indexOf(one.subnet) - named.indexOf(other.subnet))
    : zones.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  if (new Set(sorted.map(({ vpc }) => vpc)).size > 1) {
    throw trouble('these subnets are of several VPCs', "name subnets of one VPC in 'subnet'");
  }
  const [first, ...rest] = offering ? sorted.filter(({ name }) => offering.has(name)) : sorted;
  if (first) return [first, ...rest];
  if (sorted.length === 0) {
    throw trouble(
      `${describeCloud(api.cloud)} has no default subnet`,
      "name one: subnet: 'subnet-…'; or make a default VPC: aws ec2 create-default-vpc",
    );
  }
  const where = sorted.map(({ name }) => name).join(', ');
  throw trouble(`there are no ${type} in ${where}`, `choose another 'type' or 'subnet'`);
}

const trouble = (message: string, hint: string): ShakedownError =>
  new ShakedownError({ message, hint, phase: 'machines' });

const zoneOf = ({ SubnetId, VpcId, AvailabilityZone = '', CidrBlock = '' }: Subnet): Zone[] =>
  SubnetId && VpcId ? [{ subnet: SubnetId, vpc: VpcId, name: AvailabilityZone, cidr: CidrBlock }] : [];

/** The zones that have a type; undefined where the cloud does not tell. */
async function offeringZones(
  type: string,
  api: Ec2Api,
  signal: AbortSignal,
): Promise<ReadonlySet<string> | undefined> {
  const request = {
    LocationType: 'availability-zone' as const,
    Filters: [{ Name: 'instance-type', Values: [type] }],
  };
  try {
    const pages = await api.pages(`tell which zones have ${type}`, signal, (config, options) =>
      api.sdk.paginateDescribeInstanceTypeOfferings(config, request, options),
    );
    const all = pages.flatMap(({ InstanceTypeOfferings = [] }) => InstanceTypeOfferings);
    return new Set(all.flatMap(({ Location }) => Location ?? []));
  } catch (error) {
    if (unknownAction(error)) return undefined;
    throw error;
  }
}
