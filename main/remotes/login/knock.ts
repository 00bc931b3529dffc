import { connect, type Socket } from 'node:net';
import { present } from '../../../common/present.ts';
import type { SshTarget } from '../ssh-target.ts';
import type { Failure } from './login-failures.ts';
import { ownAddress } from './own-address.ts';

/**
 * A TCP connection to the machine's ssh port: where nobody listens yet, that is told for less work than a try
 * with ssh is. Throws why there is none, as ssh2 would.
 */
export async function knock(target: SshTarget, limitMs: number, signal: AbortSignal): Promise<Socket> {
  const localAddress = ownAddress(target);
  const { host, port, addressFamily: family = 0 } = target;
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = connect({ host, port, family, ...present({ localAddress }) });
  const fail = (error: Failure) => reject(Object.assign(error, { connected: false }));
  const onAbort = () => reject(signal.reason);
  const timer = setTimeout(
    () => fail(Object.assign(new Error('no answer'), { level: 'client-timeout' })),
    limitMs,
  );
  signal.addEventListener('abort', onAbort, { once: true });
  socket.once('connect', () => resolve(socket)).once('error', fail);
  try {
    return await promise;
  } catch (error) {
    socket.on('error', () => undefined).destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    socket.removeListener('error', fail);
  }
}
