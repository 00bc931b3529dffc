import type { Duplex } from 'node:stream';
import ssh2, { type Client, type ConnectConfig, type ServerHostKeyAlgorithm } from 'ssh2';
import type { SshTarget } from '../providers/provider.ts';
import type { Credentials } from './authentication.ts';
import type { ConnectFailure } from './connect-failures.ts';
import { type HostKeyCheck, hostKeyCheck } from './host-keys.ts';

export interface AttemptOptions {
  readonly signal: AbortSignal;
  /** ms until the login must be done. */
  readonly limitMs: number;
  /** Connected already to a jump host, from which the target is reached. */
  readonly through?: Client;
  readonly credentials: Credentials;
}

/**
 * One try to connect and log in. Throws ConnectFailure for what ssh2 says, ShakedownError for a host key that is not
 * the right one, and the signal's reason.
 */
export async function attemptConnection(target: SshTarget, options: AttemptOptions): Promise<Client> {
  const { signal, through } = options;
  const sock = through && (await forwardedSocket(through, target, options.limitMs));
  const check = hostKeyCheck(target, target.knownHostsFiles);
  const config = configFor(target, check, { ...options, sock });
  const client = new ssh2.Client();
  let connected = sock !== undefined;
  const { promise, resolve, reject } = Promise.withResolvers<Client>();
  const fail = (error: ConnectFailure) => reject(check.refusal() ?? Object.assign(error, { connected }));
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  client.once('connect', () => {
    connected = true;
  });
  client.once('ready', () => resolve(client));
  client.once('error', fail);
  client.once('close', () => fail(new Error('the connection was closed before the login')));
  try {
    client.connect(config);
    return await promise;
  } catch (error) {
    client.on('error', () => undefined);
    client.destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function configFor(
  target: SshTarget,
  check: HostKeyCheck,
  { limitMs, credentials, sock }: AttemptOptions & { readonly sock: Duplex | undefined },
): ConnectConfig {
  const config: ConnectConfig = {
    host: target.host,
    port: target.port,
    username: target.user,
    readyTimeout: limitMs,
    keepaliveInterval: 5000,
    keepaliveCountMax: 3,
    hostVerifier: (key: Buffer) => check.verify(key),
    authHandler: [...credentials.methods] as NonNullable<ConnectConfig['authHandler']>,
  };
  if (sock) config.sock = sock as NonNullable<ConnectConfig['sock']>;
  const types = check.preferred.flatMap(signatureAlgorithms);
  // The whole list: ssh2's `prepend` leaves those where they are that it has already.
  if (types.length > 0) config.algorithms = { serverHostKey: [...new Set([...types, ...hostKeyAlgorithms])] };
  return config;
}

const hostKeyAlgorithms: readonly ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
  'ssh-rsa',
];

/** An RSA key is asked for by the name of its signature's hash (RFC 8332). */
const signatureAlgorithms = (type: string): readonly ServerHostKeyAlgorithm[] =>
  type === 'ssh-rsa'
    ? ['rsa-sha2-512', 'rsa-sha2-256']
    : hostKeyAlgorithms.filter((algorithm) => algorithm === type);

function forwardedSocket(through: Client, { host, port }: SshTarget, limitMs: number): Promise<Duplex> {
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  const late = Object.assign(new Error('the jump host does not reach it'), { level: 'client-timeout' });
  const timer = setTimeout(reject, limitMs, late);
  through.forwardOut('127.0.0.1', 0, host, port, (error, channel) => {
    if (error) return reject(new Error(`the jump host does not reach it: ${error.message}`));
    channel.on('error', () => undefined);
    resolve(channel);
    // Too late: nobody takes it any more.
    promise.catch(() => channel.destroy());
  });
  return promise.finally(() => clearTimeout(timer));
}
