import type { Duplex } from 'node:stream';
import type { Client } from 'ssh2';
import { withTimeLimit } from '../../../common/time-limit.ts';
import type { SshTarget } from '../ssh-target.ts';

/**
 * A stream to a machine over a jump host, which may be frozen and never answer: then it throws, after
 * `limitMs`, as ssh2 does where nothing answers.
 */
export function forwardedSocket(
  through: Client,
  { host, port }: SshTarget,
  limitMs: number,
  signal: AbortSignal,
): Promise<Duplex> {
  const late = () => Object.assign(new Error('no answer'), { level: 'client-timeout', connected: false });
  return withTimeLimit(
    { what: 'the way over a jump host', seconds: limitMs / 1000, signal, late },
    (stop) => {
      const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
      through.forwardOut('127.0.0.1', 0, host, port, (error, channel) => {
        if (error) return reject(error);
        if (stop.aborted) channel.destroy();
        resolve(channel);
      });
      return promise;
    },
  );
}
