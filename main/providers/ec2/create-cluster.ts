import { present } from '../../../common/present.ts';
import { processIdentity } from '../../../common/processes/process-identity.ts';
import { sideBySide } from '../../../common/side-by-side.ts';
import type { RunContext } from '../../context/run-context.ts';
import { hostKeyPair } from '../host/identity.ts';
import { bytes, settingsOfMachine } from '../machine-options.ts';
import type { MachineSpec, MachinesSpec } from '../provider.ts';
import type { Ec2Api } from './api/ec2-api.ts';
import { type Ec2Settings, seconds } from './ec2-options.ts';
import { type FoundImage, findImage } from './instances/find-image.ts';
import { importKey } from './instances/import-key.ts';
import { instanceType, refuseTooSmall } from './instances/instance-type.ts';
import { instancesOf, type OwnInstance } from './instances/instances.ts';
import { launch, ZoneOrder } from './instances/launch.ts';
import { publicAlone } from './instances/machine-of.ts';
import type { InstancePlan } from './instances/run-request.ts';
import { userData } from './instances/user-data.ts';
import { waitRunning } from './instances/wait-running.ts';
import { checkGroup, letMembersIn, makeGroup } from './network/access.ts';
import { mainAddress } from './network/main-address.ts';
import { findZones, type Zone } from './network/zones.ts';
import { clusterTags } from './tags.ts';

/** RunInstances may be called twice a second for long (docs.aws.amazon.com/ec2, "Request throttling"). */
const launchesAtOnce = 4;

/** What was asked for, as far as it can be known before anything is made. */
export interface Plan {
  readonly spec: MachinesSpec;
  readonly settings: Ec2Settings;
  readonly user: string;
  readonly publicKey: string;
  /** By release. */
  readonly images: ReadonlyMap<string, FoundImage>;
  readonly zones: readonly [Zone, ...Zone[]];
  /** Networks that a group of ours shall let in. */
  readonly allow: readonly string[];
  readonly expires: Date;
}

/** Looks up what the instances are to be made of. Makes nothing. Throws UsageError and ShakedownError. */
export async function lookUp(
  spec: MachinesSpec,
  settings: Ec2Settings,
  login: { readonly user: string; readonly publicKey: string },
  api: Ec2Api,
  ctx: Pick<RunContext, 'signal' | 'clock'>,
): Promise<Plan> {
  const { signal } = ctx;
  const own = spec.machines.map(({ id }) => settingsOfMachine(settings, id));
  const type = await instanceType(settings.type, api, signal);
  const zones = await findZones(settings, api, signal);
  for (const wanted of own) refuseTooSmall(settings.type, type, wanted);
  if (settings.securityGroup !== undefined)
    await checkGroup(settings.securityGroup, zones[0].vpc, api, signal);
  const releases = [...new Set(own.map(({ os }) => os))];
  const images = await Promise.all(
    releases.map(async (os) => {
      const image = await findImage({ ...settings, os }, type.architecture, api, signal);
      return [os, image] as const;
    }),
  );
  const [peer = ''] = zones[0].cidr.split('/');
  const { addresses, allowFrom, securityGroup, expiresAfter } = settings;
  const main = () => mainAddress({ addresses, cloud: api.cloud, peer }, signal);
  return {
    spec,
    settings,
    ...login,
    images: new Map(images),
    zones,
    allow: allowFrom ?? (securityGroup === undefined ? [`${await main()}/32`] : []),
    expires: new Date(ctx.clock() + seconds(expiresAfter) * 1000),
  };
}

/**
 * Makes what was planned, each node once though an earlier call made a part of it. Gives running instances.
 */
export async function makeCluster(
  plan: Plan,
  api: Ec2Api,
  ctx: Pick<RunContext, 'signal' | 'log'>,
): Promise<readonly OwnInstance[]> {
  const { spec, settings, publicKey, zones, allow, expires } = plan;
  const { cluster } = spec;
  const { signal } = ctx;
  const tags = clusterTags(cluster, { maker: processIdentity(), expires });
  const [group, keyName, existing] = await Promise.all([
    settings.securityGroup ?? makeGroup({ cluster, vpc: zones[0].vpc, from: allow, tags }, api, signal),
    importKey({ cluster, publicKey, tags }, api, signal),
    instancesOf(cluster, api, signal),
  ]);
  const order = new ZoneOrder(zones);
  const launched = await sideBySide(spec.machines, launchesAtOnce, signal, async (machine, either) => {
    const there = existing.find(({ node }) => node === machine.id);
    if (there) return there;
    const log = (message: string) => ctx.log(message);
    const wanted = instancePlan(machine, plan, { group, keyName, tags });
    return launch(wanted, order, api, { signal: either, log });
  });
  const instances = await waitRunning(launched, api, signal);
  const strangers = publicAlone(instances, settings.addresses);
  if (settings.securityGroup === undefined && strangers.length > 1) {
    await letMembersIn(group, strangers, api, signal);
  }
  return instances;
}

/** At least what the image takes. */
function diskOf({ root }: FoundImage, wanted: number | string | undefined): InstancePlan['disk'] {
  const sizes = [root?.size ?? [], wanted === undefined ? [] : Math.ceil(bytes(wanted) / 1024 ** 3)].flat();
  return root && sizes.length > 0 ? { device: root.device, size: Math.max(...sizes) } : undefined;
}

function instancePlan(
  machine: MachineSpec,
  { spec, settings, images, user, publicKey }: Plan,
  made: Pick<InstancePlan, 'group' | 'keyName' | 'tags'>,
): InstancePlan {
  const { os, disk } = settingsOfMachine(settings, machine.id);
  const image = images.get(os);
  if (!image) throw new Error(`no image was looked up for ${os}`);
  const { hostKey, publicHostKey } = hostKeyPair();
  const { type, spot, packages, mirror, addresses } = settings;
  return {
    ...made,
    cluster: spec.cluster,
    node: machine.id,
    name: machine.name,
    image: image.id,
    type,
    spot,
    hostKey: publicHostKey.trim(),
    disk: diskOf(image, disk),
    publicAddress: addresses === 'public' ? true : undefined,
    userData: userData({
      name: machine.name,
      user,
      publicKey,
      hostKey,
      publicHostKey: publicHostKey.trim(),
      expiresAfter: seconds(settings.expiresAfter),
      packages,
      ...present({ mirror }),
    }),
  };
}
