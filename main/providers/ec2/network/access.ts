import type { IpPermission, Tag } from '@aws-sdk/client-ec2';
import { ShakedownError } from '../../../../common/errors.ts';
import { describeCloud } from '../api/cloud.ts';
import type { Ec2Api } from '../api/ec2-api.ts';
import { Ec2Error } from '../api/ec2-error.ts';
import { eventually } from '../api/eventually.ts';
import { keys, nameOf } from '../tags.ts';

/** What a group lets in. */
export interface GroupPlan {
  readonly cluster: string;
  readonly vpc: string;
  /** Networks that may connect to any port. */
  readonly from: readonly string[];
  readonly tags: readonly Tag[];
}

const unknownGroup = /^InvalidGroup\.NotFound$/;

const has = (error: unknown, code: string): boolean => error instanceof Ec2Error && error.code === code;

/**
 * A security group of the cluster's own: `from` and its own members are let in, nobody else. One that
 * an earlier call made is taken. (docs.aws.amazon.com/AWSEC2/latest/APIReference:
 * API_CreateSecurityGroup, API_AuthorizeSecurityGroupIngress.)
 */
export async function makeGroup(plan: GroupPlan, api: Ec2Api, signal: AbortSignal): Promise<string> {
  const { cluster, from } = plan;
  const group = await createOrFind(plan, api, signal);
  const rules = [
    ...fromNetworks(from, 'the main host of shakedown'),
    { IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: group, Description: `members of ${cluster}` }] },
  ];
  await letIn(group, rules, api, signal);
  return group;
}

/**
 * Lets instances in that have no other name for one another than public addresses: from there they come as
 * strangers (docs.aws.amazon.com/vpc, "Security group rules": a group as source means private addresses).
 */
export const letMembersIn = (group: string, addresses: readonly string[], api: Ec2Api, signal: AbortSignal) =>
  letIn(
    group,
    fromNetworks(
      addresses.map((address) => `${address}/32`),
      'a member, from outside',
    ),
    api,
    signal,
  );

const fromNetworks = (networks: readonly string[], Description: string): IpPermission[] => [
  { IpProtocol: '-1', IpRanges: networks.map((CidrIp) => ({ CidrIp, Description })) },
];

async function letIn(
  group: string,
  rules: readonly IpPermission[],
  api: Ec2Api,
  signal: AbortSignal,
): Promise<void> {
  try {
    await eventually(unknownGroup, api, signal, () =>
      api.call('let in who may reach the security group', signal, (ec2, options) =>
        ec2.authorizeSecurityGroupIngress({ GroupId: group, IpPermissions: [...rules] }, options),
      ),
    );
  } catch (error) {
    // All of them or none: the answer to an earlier try was lost.
    if (!has(error, 'InvalidPermission.Duplicate')) throw error;
  }
}

async function createOrFind(
  { cluster, vpc, tags }: GroupPlan,
  api: Ec2Api,
  signal: AbortSignal,
): Promise<string> {
  const name = nameOf(cluster);
  try {
    const { GroupId = '' } = await api.call('make a security group', signal, (ec2, options) =>
      ec2.createSecurityGroup(
        {
          GroupName: name,
          Description: `shakedown cluster ${cluster}`,
          VpcId: vpc,
          TagSpecifications: [
            { ResourceType: 'security-group', Tags: [...tags, { Key: 'Name', Value: name }] },
          ],
        },
        options,
      ),
    );
    return GroupId;
  } catch (error) {
    // Its first answer was lost on the way.
    if (!has(error, 'InvalidGroup.Duplicate')) throw error;
  }
  const filters = [
    { Name: 'group-name', Values: [name] },
    { Name: 'vpc-id', Values: [vpc] },
    { Name: `tag:${keys.cluster}`, Values: [cluster] },
  ];
  return eventually(unknownGroup, api, signal, async () => {
    const { SecurityGroups = [] } = await api.call('find the security group', signal, (ec2, options) =>
      ec2.describeSecurityGroups({ Filters: filters }, options),
    );
    const [group] = SecurityGroups;
    if (group?.GroupId) return group.GroupId;
    const message = `${describeCloud(api.cloud)} has a security group ${name}, and it is not the cluster's`;
    throw new Ec2Error('InvalidGroup.NotFound', 'refused', { message, phase: 'machines' });
  });
}

/** Whether a group that is given can be that of instances in a VPC. Throws ShakedownError. */
export async function checkGroup(
  group: string,
  vpc: string,
  api: Ec2Api,
  signal: AbortSignal,
): Promise<void> {
  const { SecurityGroups = [] } = await api.call('find the security group', signal, (ec2, options) =>
    ec2.describeSecurityGroups({ GroupIds: [group] }, options),
  );
  const other = SecurityGroups[0]?.VpcId;
  if (other === undefined || other === vpc) return;
  throw new ShakedownError({
    message: `security group ${group} is of ${other}, and the instances are to be in ${vpc}`,
    phase: 'machines',
    hint: "correct 'securityGroup' or 'subnet'",
  });
}
