import { setTimeout as sleep } from 'node:timers/promises';
import { ShakedownError } from '../../../common/errors.ts';
import { describeCloud } from './api/cloud.ts';
import type { Ec2Api } from './api/ec2-api.ts';
import { eventually } from './api/eventually.ts';
import { unknownAction } from './instances/instance-type.ts';
import { instancesOf } from './instances/instances.ts';
import { waitGone } from './instances/wait-running.ts';
import { remove } from './remove.ts';
import { keys } from './tags.ts';
import { ownThings, type Things } from './things.ts';

/** Each finds what the one before did not see. */
const looks = 12;

interface Act {
  readonly signal: AbortSignal;
  readonly log: (message: string) => void;
}

/**
 * Takes away everything that has the cluster's tag, and looks that it is gone. When requests of a
 * broken-off `create` may still be on their way (`unsettled`), looks again until nothing more
 * comes up: EC2 is eventually consistent (docs.aws.amazon.com/ec2, "Ensuring idempotency" and
 * "Eventual consistency"). Throws ShakedownError.
 */
export async function tearDown(
  cluster: string,
  { unsettled }: { readonly unsettled: boolean },
  api: Ec2Api,
  act: Act,
): Promise<void> {
  const { signal } = act;
  const wanted = unsettled ? 2 : 1;
  let quiet = 0;
  for (let look = 0; look < looks && quiet < wanted; look++) {
    if (look > 0 && unsettled) await sleep(api.patience.settle, undefined, { signal });
    quiet = (await takeAway(cluster, api, act)) ? 0 : quiet + 1;
  }
  if (quiet === wanted) return;
  throw new ShakedownError({
    message: `what was deleted of cluster ${cluster} comes up again and again in ${describeCloud(api.cloud)}`,
    phase: 'machines',
    hint: "run 'shakedown reap' later",
  });
}

/** One look, and all that it found gone; false if there was nothing. */
async function takeAway(cluster: string, api: Ec2Api, act: Act): Promise<boolean> {
  const { signal, log } = act;
  const [instances, things] = await Promise.all([
    instancesOf(cluster, api, signal),
    ownThings(cluster, api, signal),
  ]);
  await cancelRequests(things, api, signal);
  const doomed = instances.map(({ id }) => id);
  if (doomed.length > 0) {
    log(`terminating ${doomed.join(' ')}`);
    await terminate(doomed, api, signal);
    await waitGone(cluster, api, signal);
  }
  // Volumes and interfaces mostly go with their instances.
  const { volumes, interfaces, groups, keyPairs } = await ownThings(cluster, api, signal);
  await remove(volumes, 'volume', api, signal, (ec2, VolumeId, options) =>
    ec2.deleteVolume({ VolumeId }, options),
  );
  await remove(interfaces, 'network interface', api, signal, (ec2, NetworkInterfaceId, options) =>
    ec2.deleteNetworkInterface({ NetworkInterfaceId }, options),
  );
  await remove(groups, 'security group', api, signal, (ec2, GroupId, options) =>
    ec2.deleteSecurityGroup({ GroupId }, options),
  );
  await remove(keyPairs, 'key pair', api, signal, (ec2, KeyName, options) =>
    ec2.deleteKeyPair({ KeyName }, options),
  );
  return doomed.length + volumes.length + interfaces.length + groups.length + keyPairs.length > 0;
}

/** An instance that was launched a moment ago may not be known yet, and then none of them is terminated. */
async function terminate(ids: readonly string[], api: Ec2Api, signal: AbortSignal): Promise<void> {
  await eventually(/^InvalidInstanceID\.NotFound$/, api, signal, () =>
    api.call('terminate the instances', signal, (ec2, options) =>
      // They have nothing left to save, and their shutdown could take minutes.
      ec2.terminateInstances({ InstanceIds: [...ids], SkipOsShutdown: true }, options),
    ),
  );
}

/** A spot request that is open yet could be fulfilled later (API_CancelSpotInstanceRequests). */
async function cancelRequests({ spotRequests }: Things, api: Ec2Api, signal: AbortSignal): Promise<void> {
  if (spotRequests.length === 0) return;
  try {
    await api.call('cancel the spot requests', signal, (ec2, options) =>
      ec2.cancelSpotInstanceRequests({ SpotInstanceRequestIds: [...spotRequests] }, options),
    );
  } catch (error) {
    if (!unknownAction(error)) throw error;
  }
}

/** Tags a cluster's instances and group as kept (API_CreateTags), for a main host that has lost its state. */
export async function tagKept(cluster: string, api: Ec2Api, signal: AbortSignal): Promise<void> {
  const [instances, things] = await Promise.all([
    instancesOf(cluster, api, signal),
    ownThings(cluster, api, signal),
  ]);
  const resources = [...instances.map(({ id }) => id), ...things.groups];
  if (resources.length === 0) return;
  await api.call('tag what is kept', signal, (ec2, options) =>
    ec2.createTags({ Resources: resources, Tags: [{ Key: keys.kept, Value: 'true' }] }, options),
  );
}
