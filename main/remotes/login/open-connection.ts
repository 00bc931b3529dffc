import type { Duplex } from 'node:stream';
import type { Client } from 'ssh2';
import { ShakedownError } from '../../../common/errors.ts';
import { pauseAfter } from '../../../common/pause-after.ts';
import { retry } from '../../../common/retry.ts';
import type { SshTarget } from '../ssh-target.ts';
import { ssh2 } from '../ssh2.ts';
import { attemptLimit } from './attempt-limit.ts';
import { configFor, keepalive } from './connect-config.ts';
import { forwardedSocket } from './forwarded-socket.ts';
import { hostKeyCheck } from './host-keys.ts';
import { knock } from './knock.ts';
import {
  type Failure,
  incompatible,
  isIncompatible,
  isRefusal,
  isTooLate,
  refused,
  unreachable,
} from './login-failures.ts';
import { openProxy, type ProxyConnection } from './proxy-command.ts';

/** When the other side was last heard, ms since the epoch, by an error that has just come of a connection. */
export const lastHeardBy = ({ level }: Failure): number =>
  Date.now() - (level === 'client-timeout' ? keepalive.interval * (keepalive.unanswered + 1) : 0);

/**
 * An authenticated connection, tried again while what hinders it may pass (nobody listens yet, no banner, a
 * reset), until `timeout` seconds are over. A refused login or host key does not pass, but for a login right
 * after the boot.
 */
export async function openConnection(
  target: SshTarget,
  options: { readonly signal: AbortSignal; readonly timeout: number; readonly through?: Client },
): Promise<Client> {
  const { signal, timeout, through } = options;
  const begun = performance.now();
  let triedAt = begun;
  let proxy: ProxyConnection | undefined;
  let tries = 0;
  let refusals = 0;
  let tooLate = 0;
  const once = async (): Promise<Client> => {
    tries += 1;
    triedAt = performance.now();
    const left = begun + timeout * 1000 - triedAt;
    const limitMs = Math.max(500, Math.min(left, 1000 * attemptLimit(tooLate, target.connectTimeout)));
    proxy = through || target.proxyCommand === undefined ? undefined : openProxy(target.proxyCommand);
    const forwarded = through && forwardedSocket(through, target, limitMs, signal);
    return attempt(target, limitMs, signal, forwarded ?? proxy?.stream ?? knock(target, limitMs, signal));
  };
  const mayPass = (error: unknown): boolean => {
    if (isTooLate(error as Failure)) tooLate += 1;
    if (error instanceof ShakedownError || isIncompatible(error as Failure)) return false;
    if (!isRefusal(error as Failure)) return true;
    refusals += tries > 2 ? 1 : 0;
    return tries > 2 && refusals <= 3;
  };
  // A command that stands for the connection is a process each time.
  const delayMs = () => pauseAfter(triedAt - begun, proxy ? performance.now() - triedAt : 0);
  try {
    return await retry(once, { signal, within: timeout, delayMs, when: mayPass });
  } catch (error) {
    signal.throwIfAborted();
    const cause = error as Failure;
    throw withNotFollowed(target, await whyNot(target, timeout, cause, proxy));
  }
}

async function whyNot(
  target: SshTarget,
  timeout: number,
  cause: Failure,
  proxy: ProxyConnection | undefined,
): Promise<ShakedownError> {
  if (cause instanceof ShakedownError) return cause;
  if (isIncompatible(cause)) return incompatible(target, cause);
  if (isRefusal(cause)) return refused(target, cause);
  return unreachable(target, timeout, cause, await proxy?.ended());
}

/** What ssh would do besides may be why. */
const withNotFollowed = ({ notFollowed = [] }: SshTarget, error: ShakedownError): ShakedownError =>
  notFollowed.length === 0
    ? error
    : error.with({ lastLines: [...(error.details.lastLines ?? []), ...notFollowed] });

async function attempt(
  target: SshTarget,
  limitMs: number,
  signal: AbortSignal,
  reaching: Duplex | Promise<Duplex>,
): Promise<Client> {
  const check = hostKeyCheck(target, target.knownHostsFiles);
  const config = await configFor(target, check, { limitMs, reaching });
  const client = new (ssh2().Client)();
  client.once('connect', () => {
    // Else each command after another waits 40 ms for the acknowledgement of that one's last packet (tcp(7),
    // TCP_NODELAY).
    client.setNoDelay(true);
  });
  const { promise, resolve, reject } = Promise.withResolvers<Client>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  client.once('ready', () => resolve(client));
  // Not once: a second one may come with the first, and an unheard 'error' would end the process.
  client.on('error', (error: Failure) =>
    reject(check.refusal() ?? Object.assign(error, { connected: true })),
  );
  client.once('close', () =>
    reject(check.refusal() ?? new Error('the connection was closed before the login')),
  );
  client.connect(config);
  return promise
    .catch((error) => {
      client.destroy();
      throw error;
    })
    .finally(() => signal.removeEventListener('abort', onAbort));
}
