import { ShakedownError } from '../../../../common/errors.ts';
import { describeCloud } from '../api/cloud.ts';
import type { Ec2Api } from '../api/ec2-api.ts';
import { Ec2Error } from '../api/ec2-error.ts';
import { eventually } from '../api/eventually.ts';
import { waitFor } from '../api/wait-for.ts';
import { describe, instancesOf, type OwnInstance, ownInstance } from './instances.ts';

/**
 * Waits until all instances run and have addresses, and gives them in the order of their
 * nodes. Throws ShakedownError with EC2's reason and the console's last lines when one
 * ends instead, or when it takes too long.
 */
export async function waitRunning(
  instances: readonly OwnInstance[],
  api: Ec2Api,
  signal: AbortSignal,
): Promise<readonly OwnInstance[]> {
  const ids = instances.map(({ id }) => id);
  const failure = await waitFor('running', ids, api, signal).catch((error: unknown) => error);
  signal.throwIfAborted();
  const now = await eventually(/^InvalidInstanceID\.NotFound$/, api, signal, async () => {
    const found = (await describe({ InstanceIds: ids }, api, signal)).flatMap(ownInstance);
    const missing = ids.find((id) => !found.some((each) => each.id === id));
    if (missing === undefined) return found;
    // It is there before its tags are.
    const message = `${describeCloud(api.cloud)} does not know instance ${missing} any more`;
    throw new Ec2Error('InvalidInstanceID.NotFound', 'refused', { message, phase: 'machines' });
  });
  const ended = now.find(({ state }) => state !== 'running' && state !== 'pending');
  if (ended) throw await whyEnded(ended, api, signal);
  const late = now.find(({ state, privateAddress }) => state !== 'running' || !privateAddress);
  if (late) {
    throw new ShakedownError(
      {
        message: `instance ${late.id} was not running after ${api.patience.state / 1000} s: it is ${late.state}`,
        phase: 'machines',
        node: late.node,
      },
      { cause: failure },
    );
  }
  return now.toSorted((one, other) => one.node - other.node);
}

async function whyEnded(
  { id, node, state, reason }: OwnInstance,
  api: Ec2Api,
  signal: AbortSignal,
): Promise<ShakedownError> {
  const lastLines = await consoleLines(id, api, signal);
  return new ShakedownError({
    message: `instance ${id} is ${state} and was to boot: ${reason ?? `${describeCloud(api.cloud)} gives no reason`}`,
    phase: 'machines',
    node,
    ...(lastLines.length > 0 ? { lastLines } : {}),
    hint: 'the reason is a code of EC2: Client.… is about the image, disk or quota, Server.… about the zone',
  });
}

/** What it printed while booting, as far as EC2 has it (API_GetConsoleOutput). */
async function consoleLines(id: string, api: Ec2Api, signal: AbortSignal): Promise<readonly string[]> {
  const answer = await api
    .call('read the console', signal, (ec2, options) => ec2.getConsoleOutput({ InstanceId: id }, options))
    .catch(() => undefined);
  const text = Buffer.from(answer?.Output ?? '', 'base64').toString();
  return text
    .split(/[\r\n]+/)
    .filter((line) => line.trim() !== '')
    .slice(-12);
}

/** Waits until none of a cluster's instances is left; they have been told to terminate. */
export async function waitGone(cluster: string, api: Ec2Api, signal: AbortSignal): Promise<void> {
  const ids = (await instancesOf(cluster, api, signal)).map(({ id }) => id);
  if (ids.length === 0) return;
  try {
    await waitFor('terminated', ids, api, signal);
  } catch (error) {
    signal.throwIfAborted();
    const left = await instancesOf(cluster, api, signal);
    if (left.length === 0) return;
    throw new ShakedownError(
      {
        message: `${left.map(({ id, state }) => `${id} (${state})`).join(', ')} did not terminate`,
        phase: 'machines',
        hint: "look at them in the AWS console, then run 'shakedown reap'",
      },
      { cause: error },
    );
  }
}
