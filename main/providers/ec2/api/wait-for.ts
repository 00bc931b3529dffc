import { ShakedownError } from '../../../../common/errors.ts';
import type { Ec2Api } from './ec2-api.ts';

/**
 * Waits by the SDK's waiters until all instances are in a state. Throws ShakedownError when one is in another
 * from which it does not get there, or past the time limit; and the signal's reason.
 */
export async function waitFor(
  state: 'running' | 'stopped' | 'terminated',
  ids: readonly string[],
  api: Ec2Api,
  signal: AbortSignal,
): Promise<void> {
  const { sdk, ec2, patience } = api;
  const waiters = {
    running: sdk.waitUntilInstanceRunning,
    stopped: sdk.waitUntilInstanceStopped,
    terminated: sdk.waitUntilInstanceTerminated,
  };
  const maxWaitTime = Math.ceil(patience.state / 1000);
  const limits = { client: ec2, maxWaitTime, minDelay: 1, maxDelay: 5, abortSignal: signal };
  try {
    await waiters[state](limits, { InstanceIds: [...ids] });
  } catch (cause) {
    signal.throwIfAborted();
    const late = cause instanceof Error && cause.name === 'TimeoutError';
    const how = late ? `within ${maxWaitTime} s` : 'but went another way, or EC2 did not answer';
    throw new ShakedownError(
      { message: `${ids.join(', ')} did not get ${state} ${how}`, phase: 'machines' },
      { cause },
    );
  }
}
