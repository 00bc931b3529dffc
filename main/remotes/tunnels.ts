import { connect as connectTcp } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Client } from 'ssh2';
import { ShakedownError } from '../../common/errors.ts';
import { rejectUnlessLost } from './commands/command-channel.ts';
import type { Forwarding } from './remote.ts';

/**
 * A port on the node's loopback address whose connections go to `target` as seen from here; see
 * Remote.forward.
 */
export async function forwardPort(
  client: Client,
  remotePort: number,
  target: { readonly host: string; readonly port: number },
  lost: AbortSignal,
): Promise<Forwarding> {
  const bound = await answered<number>(lost, (done) =>
    client.forwardIn('127.0.0.1', remotePort, (error, port) =>
      done(error && noPort(remotePort, error), port || remotePort),
    ),
  );
  const onConnection = ({ destPort }: { destPort: number }, accept: () => Duplex) => {
    if (destPort !== bound) return;
    const channel = accept();
    const socket = connectTcp(target.port, target.host);
    pipeline(channel, socket, channel).catch(() => channel.destroy());
  };
  client.on('tcp connection', onConnection);
  return {
    remotePort: bound,
    [Symbol.asyncDispose]: async () => {
      client.off('tcp connection', onConnection);
      if (!lost.aborted) client.unforwardIn('127.0.0.1', bound);
    },
  };
}

/** A stream to `host:port` as the node sees it. Throws ShakedownError when nobody answers there. */
export function connectThrough(
  client: Client,
  host: string,
  port: number,
  lost: AbortSignal,
): Promise<Duplex> {
  return answered<Duplex>(lost, (done) =>
    client.forwardOut('127.0.0.1', 0, host, port, (error, channel) =>
      done(
        error && new ShakedownError({ message: `no connection to ${host}:${port}: ${whyNot(error)}` }),
        channel,
      ),
    ),
  );
}

/**
 * By the reason of a channel that was not opened (RFC 4254, 5.1): 1 is refused by the settings, 2 by whoever
 * was to answer.
 */
function whyNot({ message, reason }: Error & { readonly reason?: unknown }): string {
  if (reason === 1) return "the node's sshd passes no connections on (AllowTcpForwarding in its sshd_config)";
  return message.replace(/^\(SSH\) Channel open failure:\s*/, '') || 'Connection failed';
}

const noPort = (port: number, { message }: Error): ShakedownError =>
  new ShakedownError({
    message: `${port === 0 ? 'no port could' : `port ${port} could not`} be opened on the node: ${message}`,
    hint: 'is it in use there? does sshd_config have AllowTcpForwarding no?',
  });

/** The answer to a request, or why the connection was lost before it came. */
function answered<T>(
  lost: AbortSignal,
  ask: (done: (error: Error | undefined, answer: T) => void) => void,
): Promise<T> {
  if (lost.aborted) return Promise.reject(lost.reason);
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const onLost = () => reject(lost.reason);
  lost.addEventListener('abort', onLost, { once: true });
  try {
    ask((error, answer) => (error ? reject(lost.aborted ? lost.reason : error) : resolve(answer)));
  } catch (error) {
    rejectUnlessLost(reject, error);
  }
  return promise.finally(() => lost.removeEventListener('abort', onLost));
}
