import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import ssh2, { type Client, type ConnectConfig } from 'ssh2';
import { ShakedownError, TimeLimitError } from '../../common/errors.ts';
import type { SshTarget } from '../providers/provider.ts';
import { credentials } from './authentication.ts';
import { hostKeyCheck } from './host-keys.ts';

/** Seconds: a frozen or booting machine accepts the TCP connection and then says nothing. */
const attemptLimit = 10;

/**
 * An authenticated connection, tried again while what hinders it may pass (nobody listens yet, no banner, a reset),
 * until `timeout` seconds are over. A refused login or host key does not pass, but for a login right after the boot.
 */
export async function openConnection(
  target: SshTarget,
  options: { readonly signal: AbortSignal; readonly timeout: number; readonly through?: Client },
): Promise<Client> {
  const { signal, timeout, through } = options;
  const deadline = Date.now() + timeout * 1000;
  let refusedLogins = 0;
  let delay = 40;
  for (;;) {
    signal.throwIfAborted();
    const left = deadline - Date.now();
    try {
      const sock = through && (await forwardedSocket(through, target));
      return await attempt(target, Math.max(500, Math.min(left, attemptLimit * 1000)), signal, sock);
    } catch (error) {
      signal.throwIfAborted();
      const cause = error as Error & { level?: string };
      if (error instanceof ShakedownError) throw error;
      if (cause.level === 'client-authentication' && (delay < 60 || ++refusedLogins > 3))
        throw refused(target);
      if (Date.now() + delay >= deadline) throw unreachable(target, timeout, cause);
    }
    await sleep(delay, undefined, { signal }).catch(() => signal.throwIfAborted());
    delay = Math.min(delay * 1.25, 1000);
  }
}

function attempt(target: SshTarget, limitMs: number, signal: AbortSignal, sock?: Duplex): Promise<Client> {
  const check = hostKeyCheck(target, target.knownHostsFiles);
  const client = new ssh2.Client();
  const { promise, resolve, reject } = Promise.withResolvers<Client>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  client.once('ready', () => resolve(client));
  client.once('error', (error) => reject(check.refusal() ?? error));
  client.once('close', () =>
    reject(check.refusal() ?? new Error('the connection was closed before the login')),
  );
  client.connect(configFor(target, check, limitMs, sock));
  return promise
    .catch((error) => {
      client.on('error', () => undefined);
      client.destroy();
      throw error;
    })
    .finally(() => signal.removeEventListener('abort', onAbort));
}

function configFor(
  target: SshTarget,
  check: ReturnType<typeof hostKeyCheck>,
  limitMs: number,
  sock?: Duplex,
): ConnectConfig {
  const { methods } = credentials(target);
  const config: ConnectConfig = {
    host: target.host,
    port: target.port,
    username: target.user,
    readyTimeout: limitMs,
    keepaliveInterval: 5000,
    keepaliveCountMax: 3,
    hostVerifier: (key: Buffer) => check.verify(key),
    authHandler: [...methods] as NonNullable<ConnectConfig['authHandler']>,
  };
  if (sock) config.sock = sock as NonNullable<ConnectConfig['sock']>;
  const types = check.preferred.flatMap(signatureAlgorithms);
  if (types.length > 0)
    config.algorithms = { serverHostKey: { prepend: types, append: [], remove: [] } as never };
  return config;
}

/** An RSA key is asked for by the name of its signature's hash (RFC 8332). */
const signatureAlgorithms = (type: string): string[] =>
  type === 'ssh-rsa'
    ? ['rsa-sha2-512', 'rsa-sha2-256']
    : /^(ssh-ed25519|ecdsa-sha2-nistp(256|384|521))$/.test(type)
      ? [type]
      : [];

function forwardedSocket(through: Client, { host, port }: SshTarget): Promise<Duplex> {
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  through.forwardOut('127.0.0.1', 0, host, port, (error, channel) =>
    error ? reject(error) : resolve(channel),
  );
  return promise;
}

function refused(target: SshTarget): ShakedownError {
  const { tried } = credentials(target);
  return new ShakedownError({
    message: `${target.host} refused the login of '${target.user}'; tried: ${tried.join(', ') || 'nothing, for there is no key'}`,
    hint: `see whether this works: ssh -p ${target.port} ${target.user}@${target.host}; else name a key with --key, a user with --user`,
  });
}

function unreachable(target: SshTarget, timeout: number, cause: Error & { level?: string }): ShakedownError {
  const silent = cause.level === 'client-timeout' || /handshake/i.test(cause.message);
  const reason = silent ? 'it accepts the connection and then says nothing' : cause.message;
  return new TimeLimitError(`the ssh connection to ${target.host}:${target.port}`, timeout, {
    message: `no ssh answer from ${target.host}:${target.port} within ${timeout} s: ${reason}`,
    hint: `is the machine up and sshd running? ssh -p ${target.port} ${target.user}@${target.host}`,
  });
}
