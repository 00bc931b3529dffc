import { ShakedownError } from '../../../common/errors.ts';
import { retry } from '../../../common/retry.ts';
import type { Ec2Api } from './api/ec2-api.ts';
import { Ec2Error } from './api/ec2-error.ts';

type Delete = (
  ec2: Ec2Api['ec2'],
  id: string,
  options: { readonly abortSignal: AbortSignal },
) => Promise<unknown>;

/**
 * Deletes each; one that something of the instances still uses (DependencyViolation) is free a little later.
 * Throws ShakedownError when it does not get free.
 */
export async function remove(
  ids: readonly string[],
  what: string,
  api: Ec2Api,
  signal: AbortSignal,
  act: Delete,
): Promise<void> {
  const isUsed = (error: unknown) => error instanceof Ec2Error && inUse.test(error.code);
  for (const id of ids) {
    try {
      await retry(
        () => api.call(`delete the ${what} ${id}`, signal, (ec2, options) => act(ec2, id, options)),
        { signal, within: api.patience.state / 1000, delayMs: api.patience.settle, when: isUsed },
      );
    } catch (error) {
      if (!(error instanceof Ec2Error)) throw error;
      if (inUse.test(error.code)) throw stillUsed(what, id, error);
      if (!gone.test(error.code)) throw error;
    }
  }
}

const gone = /NotFound$|\.Unknown$/;
const inUse = /^(DependencyViolation|VolumeInUse|InvalidGroup\.InUse|.*\.InUse|IncorrectState)$/;

const stillUsed = (what: string, id: string, cause: Ec2Error): ShakedownError =>
  new ShakedownError(
    {
      message: `the ${what} ${id} is still used by something that is not ours: ${cause.code}`,
      phase: 'machines',
      hint: "end that, then run 'shakedown reap'",
    },
    { cause },
  );
