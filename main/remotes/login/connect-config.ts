import type { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import type { ConnectConfig } from 'ssh2';
import type { SshTarget } from '../ssh-target.ts';
import { chosenAlgorithms } from './algorithms.ts';
import { credentials } from './authentication.ts';
import type { HostKeyCheck } from './host-keys.ts';

/** ms from one question for a sign of life to the next, and how many may go without an answer. */
export const keepalive = { interval: 5000, unanswered: 3 };

interface Reaching {
  /** ms for the login. */
  readonly limitMs: number;
  /** The way to the machine's ssh; it is destroyed on a throw. */
  readonly reaching: Duplex | Promise<Duplex>;
}

/**
 * What ssh2 is to do. It is made while the machine is reached: ssh2 is loaded for it, and a machine has work
 * with who knocks. Throws ShakedownError for a key that cannot be used, whether or not the machine answers,
 * and what `reaching` throws.
 */
export async function configFor(
  target: SshTarget,
  check: HostKeyCheck,
  { limitMs, reaching }: Reaching,
): Promise<ConnectConfig> {
  const coming = Promise.resolve(reaching);
  // Awaited below; until then a failure of it must not count as unhandled.
  coming.catch(() => undefined);
  try {
    // Other machines are knocked at before anything is loaded.
    await setImmediate();
    const config = settingsFor(target, check, limitMs);
    return { ...config, sock: (await coming) as NonNullable<ConnectConfig['sock']> };
  } catch (error) {
    coming.then(
      (sock) => sock.destroy(),
      () => undefined,
    );
    throw error;
  }
}

function settingsFor(target: SshTarget, check: HostKeyCheck, limitMs: number): ConnectConfig {
  const { methods } = credentials(target);
  return {
    username: target.user,
    readyTimeout: limitMs,
    keepaliveInterval: keepalive.interval,
    keepaliveCountMax: keepalive.unanswered,
    hostVerifier: (key: Buffer) => check.verify(key),
    authHandler: [...methods] as NonNullable<ConnectConfig['authHandler']>,
    algorithms: chosenAlgorithms(target.algorithms, check.preferred),
  };
}
