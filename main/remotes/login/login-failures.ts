import { ShakedownError, TimeLimitError } from '../../../common/errors.ts';
import { printableLine } from '../../../common/text/printable.ts';
import type { SshTarget } from '../ssh-target.ts';
import { credentials } from './authentication.ts';
import { issue, userCertificates } from './certificates.ts';

/** An error of ssh2, and whether there was a TCP connection by then. */
export type Failure = Error & { level?: string; connected?: boolean };

/** What the server, or ssh2 of it, said: in one line, for the server may say anything. */
export const wordsOf = ({ message }: Error): string => printableLine(message, 300);

/**
 * sshd ends the connection when more keys were offered than it lets anybody try
 * (sshd_config(5), MaxAuthTries).
 */
const tooManyKeys = /too many authentication failures/i;

/** Whether the server let nobody in with what was tried. */
export const isRefusal = ({ level, message }: Failure): boolean =>
  level === 'client-authentication' || tooManyKeys.test(message);

export function refused(target: SshTarget, { message: said }: Failure): ShakedownError {
  const { tried } = credentials(target);
  const [certificate] = userCertificates(target);
  const by = `${target.host} refused the login of '${target.user}'`;
  const keys = tried.join(', ') || 'nothing, for there is no key';
  const see = `see whether this works: ssh -p ${target.port} ${target.user}@${target.host}`;
  if (certificate !== undefined) {
    return new ShakedownError({
      message: `${by}; tried: ${keys}, without the certificate ${certificate}: ssh2 has no certificates (${issue})`,
      hint: "let the key itself in: put its .pub into the account's ~/.ssh/authorized_keys on the machine",
    });
  }
  if (tooManyKeys.test(said)) {
    return new ShakedownError({
      message: `${by} after more keys than it lets anybody try; tried: ${keys}`,
      hint: "name the one key: 'IdentityFile' with 'IdentitiesOnly yes' in ~/.ssh/config, or --key",
    });
  }
  return new ShakedownError({
    message: `${by}; tried: ${keys}`,
    hint: `${see}; else name a key with --key, a user with --user`,
  });
}

/** Whether the machine was there, and did not get to the end of the login in time. */
export const isTooLate = ({ level, connected }: Failure): boolean =>
  level === 'client-timeout' && connected === true;

/** Whether the two can never speak with one another. */
export const isIncompatible = ({ message }: Failure): boolean => /no matching/i.test(message);

export function incompatible({ host, port, user }: SshTarget, cause: Error): ShakedownError {
  return new ShakedownError({
    message: `${host} and ssh2 have no algorithm in common: ${wordsOf(cause)}`,
    hint: `see what it offers: ssh -vv -p ${port} ${user}@${host}; then widen its sshd_config`,
  });
}

/** `proxyEnd`: how the command ended that stood for the connection. */
export function unreachable(
  target: SshTarget,
  timeout: number,
  cause: Failure,
  proxyEnd: string | undefined,
): ShakedownError {
  const silent = cause.connected
    ? 'it accepts the connection and then says nothing'
    : 'nothing answers at that address';
  const reason = proxyEnd ?? (cause.level === 'client-timeout' ? silent : wordsOf(cause));
  return new TimeLimitError(`the ssh connection to ${target.host}:${target.port}`, timeout, {
    message: `no ssh answer from ${target.host}:${target.port} within ${timeout} s: ${reason}`,
    hint: `is the machine up and sshd running? ssh -p ${target.port} ${target.user}@${target.host}`,
  });
}
