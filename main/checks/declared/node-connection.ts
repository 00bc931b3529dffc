import { connect as connectTcp } from 'node:net';
import type { Duplex } from 'node:stream';
import { asShakedownError } from '../../../common/errors.ts';
import { withTimeLimit } from '../../../common/time-limit.ts';
import type { NodeUnderTest } from '../../cluster/cluster-under-test.ts';

/** The first answer must come within so many seconds: a packet filter that drops says nothing for minutes. */
const patience = 5;

/**
 * Opens a stream to a port: of a node at its address, by its ssh where the main host has no route to that; or
 * of the main host's loopback. Throws an Error with what went wrong in the words of people, the signal's
 * reason when that is aborted, or ConnectionLostError. The caller destroys the stream.
 */
export async function connectTo(
  node: NodeUnderTest | undefined,
  port: number,
  signal: AbortSignal,
): Promise<Duplex> {
  signal.throwIfAborted();
  if (node?.connect) return within(node.connect(port), signal);
  const socket = connectTcp({ host: node?.address ?? '127.0.0.1', port });
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  socket.once('connect', () => resolve(socket)).once('error', reject);
  return within(promise, signal, () => socket.destroy());
}

/** One that comes too late is closed as soon as it comes. */
async function within(connecting: Promise<Duplex>, signal: AbortSignal, close = () => {}): Promise<Duplex> {
  const late = (seconds: number) => new Error(`no answer within ${seconds} s`);
  try {
    return await withTimeLimit({ what: 'an answer', seconds: patience, signal, late }, () => connecting);
  } catch (error) {
    close();
    connecting.then(
      (stream) => stream.destroy(),
      () => undefined,
    );
    throw error;
  }
}

/** What follows a check's name or an address to tell that it went by the node's ssh. */
export const byWay = (node: NodeUnderTest | undefined): string => (node?.connect ? ' (by ssh)' : '');

const codes: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'network unreachable',
  ETIMEDOUT: 'no answer',
  ECONNRESET: 'connection reset',
  ABORT_ERR: 'no answer in time',
  ENOTFOUND: 'no such host name',
};

/** A network error as a person says it. */
export function inWords(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const said = asShakedownError(error).details.message.replace(/^no connection to \S+: /, '');
  return (
    codes[code] ??
    said.replace(/^Connection /, 'connection ').replace(/^No route to host/, 'no route to the host')
  );
}
