import { setTimeout as sleep } from 'node:timers/promises';
import { ShakedownError } from '../../../common/errors.ts';
import type { Ec2Api } from './api/ec2-api.ts';
import { Ec2Error } from './api/ec2-error.ts';

type Delete = (
  ec2: Ec2Api['ec2'],
  id: string,
  options: { readonly abortSignal: AbortSignal },
) => Promise<unknown>;

/**
 * Deletes each; one that something of the instances still uses (DependencyViolation) is free a little later. Throws
 * ShakedownError when it does not get free.
 */
export async function remove(
  ids: readonly string[],
  what: string,
  api: Ec2Api,
  signal: AbortSignal,
  act: Delete,
): Promise<void> {
  for (const id of ids) {
    const late = Date.now() + api.patience.state;
    for (;;) {
      try {
        await api.call(`delete the ${what} ${id}`, signal, (ec2, options) => act(ec2, id, options));
        break;
      } catch (error) {
        if (!(error instanceof Ec2Error)) throw error;
        if (/NotFound$|\.Unknown$/.test(error.code)) break;
        if (
          !/^(DependencyViolation|VolumeInUse|InvalidGroup\.InUse|.*\.InUse|IncorrectState)$/.test(error.code)
        )
          throw error;
        if (Date.now() > late) throw stillUsed(what, id, error);
      }
      await sleep(api.patience.settle, undefined, { signal });
    }
  }
}

const stillUsed = (what: string, id: string, cause: Ec2Error): ShakedownError =>
  new ShakedownError(
    {
      message: `the ${what} ${id} is still used by something that is not ours: ${cause.code}`,
      phase: 'machines',
      hint: "end that, then run 'shakedown reap'",
    },
    { cause },
  );
