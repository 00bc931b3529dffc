import { ShakedownError, TimeLimitError } from '../../common/errors.ts';
import type { SshTarget } from '../providers/provider.ts';
import type { Credentials } from './authentication.ts';
import { shellQuote } from './shell-line.ts';

/** An error of ssh2 while it connected, and whether there was a TCP connection by then. */
export type ConnectFailure = Error & {
  readonly level?: string;
  readonly code?: string;
  readonly connected?: boolean;
};

/** What a person types to see the same, with OpenSSH: `ssh -J gate -p 2222 admin@db1`. */
export function sshLine({ host, port, user, keyFile, jumps = [] }: SshTarget, ...options: string[]): string {
  const place = (hop: SshTarget) => `${hop.user}@${hop.host}${hop.port === 22 ? '' : `:${hop.port}`}`;
  return [
    'ssh',
    ...options,
    ...(jumps.length > 0 ? ['-J', jumps.map(place).join(',')] : []),
    ...(keyFile === undefined ? [] : ['-i', keyFile]),
    ...(port === 22 ? [] : ['-p', String(port)]),
    `${user}@${host}`,
  ]
    .map(shellQuote)
    .join(' ');
}

/** A refused login does not pass, but for a machine that is booting. */
export const isRefusal = ({ level, message }: ConnectFailure): boolean =>
  level === 'client-authentication' || /too many authentication failures/i.test(message);

/** Why it is of no use to try again, if it is not. */
export function hopeless(target: SshTarget, failure: ConnectFailure): ShakedownError | undefined {
  const { host } = target;
  if (/no matching/i.test(failure.message)) {
    return new ShakedownError({
      message: `${host} and ssh2 have no algorithm in common: ${failure.message}`,
      address: host,
      hint: `see what it offers: ${sshLine(target, '-vv')}; then widen its sshd_config`,
    });
  }
  if (failure.code === 'ENOTFOUND') {
    return new ShakedownError({
      message: `the name '${host}' is not known: no address was found for it`,
      hint: `is it written right? getent hosts ${host}`,
    });
  }
  return undefined;
}

export function refused(target: SshTarget, { tried, locked }: Credentials): ShakedownError {
  const { host, user } = target;
  const keys = `tried: ${tried.join(', ') || 'nothing, for there is no key'}`;
  const closed = locked.length > 0 ? `; not tried, for want of its passphrase: ${locked.join(', ')}` : '';
  const unlock = locked.length > 0 ? `ssh-add ${locked[0]}, or set SHAKEDOWN_KEY_PASSPHRASE; else ` : '';
  return new ShakedownError({
    message: `${host} refused the login of '${user}'; ${keys}${closed}`,
    address: host,
    hint: `${unlock}see whether this works: ${sshLine(target)}; else name a key with --key, a user with --user`,
  });
}

/** What hinders the connection for now, in words. */
export function reasonOf(failure: ConnectFailure): string {
  if (failure.level !== 'client-timeout') return failure.message;
  return failure.connected
    ? 'it accepts the connection and then says nothing'
    : 'nothing answers at that address';
}

export function unreachable(target: SshTarget, timeout: number, failure: ConnectFailure): ShakedownError {
  const { host, port } = target;
  return new TimeLimitError(`the ssh connection to ${host}:${port}`, timeout, {
    message: `no ssh answer from ${host}:${port} within ${timeout} s: ${reasonOf(failure)}`,
    address: host,
    hint: `is the machine up and sshd running? ${sshLine(target)}`,
  });
}
