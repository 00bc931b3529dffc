import { retry } from '../../../../common/retry.ts';
import type { Ec2Api } from './ec2-api.ts';
import { Ec2Error } from './ec2-error.ts';

/**
 * Asks again while EC2 does not yet know what it was just told to make: its API is eventually consistent
 * (docs.aws.amazon.com/ec2, "Eventual consistency in the Amazon EC2 API"). `unknown`: the error codes that
 * mean this. Throws what `ask` threw last, and the signal's reason.
 */
export async function eventually<Answer>(
  unknown: RegExp,
  { patience }: Pick<Ec2Api, 'patience'>,
  signal: AbortSignal,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  return retry(ask, {
    signal,
    within: patience.seen / 1000,
    delayMs: (attempt) => Math.min(patience.settle, 250 * 2 ** (attempt - 1)),
    when: (error) => error instanceof Ec2Error && unknown.test(error.code),
  });
}
