import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ShakedownError } from '../../../common/errors.ts';
import { withTimeLimit } from '../../../common/time-limit.ts';
import type { Cloud } from './api/cloud.ts';
import type { Ec2Api } from './api/ec2-api.ts';
import { waitFor } from './api/wait-for.ts';
import { instancesOf, type OwnInstance } from './instances/instances.ts';
import { hostOf } from './instances/machine-of.ts';

/** The provider's own word on a cluster, kept beside its machines. */
export interface ClusterState extends Cloud {
  readonly addresses?: 'public' | 'private';
}

/** What is done to one instance. Throws ShakedownError, and the signal's reason. */
export type InstanceAct = (
  instance: OwnInstance,
  by: {
    readonly api: Ec2Api;
    readonly signal: AbortSignal;
    readonly addresses: ClusterState['addresses'];
  },
) => Promise<void>;

/** The instance of a node; ShakedownError when there is none. */
export async function instanceOf(
  { cluster, node }: { readonly cluster: string; readonly node: number },
  api: Ec2Api,
  signal: AbortSignal,
): Promise<OwnInstance> {
  const found = (await instancesOf(cluster, api, signal)).find((each) => each.node === node);
  if (found) return found;
  throw new ShakedownError({
    message: 'its instance is gone',
    node,
    hint: 'a spot instance may be taken away at any time; an expired one ends itself',
  });
}

/**
 * Restarts an instance (API_RebootInstances, which answers before anything happens) and resolves when its
 * sshd has gone down: a connection that was made before is closed then.
 */
export const reboot: InstanceAct = async (instance, { api, signal, addresses }) => {
  const host = hostOf(instance, addresses);
  const seconds = api.patience.state / 1000;
  const late = () =>
    new ShakedownError({
      message: `instance ${instance.id} did not go down for its restart within ${seconds} s`,
      node: instance.node,
    });
  await withTimeLimit({ what: `the restart of ${instance.id}`, seconds, signal, late }, async (limited) => {
    let witness = await openWitness(host, limited);
    await api.call(`restart ${instance.id}`, limited, (ec2, options) =>
      ec2.rebootInstances({ InstanceIds: [instance.id] }, options),
    );
    while (!(await witness.tellsDown())) witness = await openWitness(host, limited);
  });
};

/**
 * sshd itself closes a connection on which nobody logs in, after
 * LoginGraceTime: two minutes (sshd_config(5)).
 */
const grace = 100_000;

/**
 * A connection on which the server has spoken; it tells whether it was closed because the server went down.
 */
async function openWitness(
  host: string,
  signal: AbortSignal,
): Promise<{ tellsDown: () => Promise<boolean> }> {
  for (;;) {
    signal.throwIfAborted();
    const socket = connect({ host, port: 22, signal });
    socket.on('error', () => undefined);
    const closed = new Promise<false>((resolve) => socket.once('close', () => resolve(false)));
    const spoke = new Promise<true>((resolve) => socket.once('data', () => resolve(true)));
    if (await Promise.race([spoke, closed])) {
      const opened = Date.now();
      const tellsDown = async () => {
        await closed;
        signal.throwIfAborted();
        return Date.now() - opened < grace;
      };
      return { tellsDown };
    }
    await sleep(500, undefined, { signal });
  }
}

/** As by the plug (API_StopInstances: Force, and no shutdown of the system); resolves when it is stopped. */
export const stop: InstanceAct = async (instance, { api, signal, addresses }) => {
  refuseStop(instance, addresses);
  const request = { InstanceIds: [instance.id], Force: true, SkipOsShutdown: true };
  await api.call(`stop ${instance.id}`, signal, (ec2, options) => ec2.stopInstances(request, options));
  await waitFor('stopped', [instance.id], api, signal);
};

/** Resolves when it runs. */
export const start: InstanceAct = async (instance, { api, signal }) => {
  await api.call(`start ${instance.id}`, signal, (ec2, options) =>
    ec2.startInstances({ InstanceIds: [instance.id] }, options),
  );
  await waitFor('running', [instance.id], api, signal);
};

/** A public address is given back when an instance stops, and it starts with another (API_StopInstances). */
function refuseStop(
  { spot, id, node, publicAddress }: OwnInstance,
  addresses: ClusterState['addresses'],
): void {
  if (spot) {
    throw new ShakedownError({
      message: 'a one-time spot instance cannot be stopped',
      node,
      hint: 'use instances on demand for faults of power: spot: false',
    });
  }
  if (addresses === 'private' || publicAddress === undefined) return;
  throw new ShakedownError({
    message: `instance ${id} would lose the public address ${publicAddress} under which it is reached`,
    node,
    hint: "use addresses: 'private' for faults of power, from within the VPC",
  });
}
