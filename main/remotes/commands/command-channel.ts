import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, ClientChannel } from 'ssh2';
import { ShakedownError } from '../../../common/errors.ts';

/**
 * A channel, and how its command ended: listened to from the first moment, for a short command ends within
 * it.
 */
export interface CommandChannel {
  readonly channel: ClientChannel;
  /** Resolves when the channel is closed; both null when the connection was lost. */
  readonly ended: Promise<Exit>;
}

export interface Exit {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

export interface OpenOptions {
  readonly address: string;
  /** Gives up with its reason. */
  readonly stop: AbortSignal;
  /** The connection's end. */
  readonly lost: AbortSignal;
  readonly pty?: { readonly rows: number; readonly cols: number } | undefined;
  /** Variables to offer to sshd. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * ms; sshd bounds the sessions of one connection (sshd_config(5), MaxSessions, 10): one too many waits this
 * long for another one to end.
 */
const patience = 30_000;

/** When a channel of a connection was closed last, as performance.now() tells time. */
const lastClosed = new WeakMap<Client, number>();

/**
 * Starts a command line on a channel of its own. Throws ShakedownError when the node opens none, and no
 * command that has its place ends either.
 */
export async function openChannel(
  client: Client,
  line: string,
  options: OpenOptions,
): Promise<CommandChannel> {
  const begin = performance.now();
  for (let pause = 20; ; pause = Math.min(pause * 1.5, 200)) {
    options.stop.throwIfAborted();
    try {
      return await openOnce(client, line, options);
    } catch (error) {
      options.stop.throwIfAborted();
      const full = error instanceof Error && /Channel open failure/.test(error.message);
      const since = Math.max(begin, lastClosed.get(client) ?? 0);
      if (!full || performance.now() - since > patience) throw error;
    }
    await sleep(pause, undefined, { signal: options.stop }).catch(() => undefined);
  }
}

function openOnce(
  client: Client,
  line: string,
  { address, stop, lost, pty, env = {} }: OpenOptions,
): Promise<CommandChannel> {
  const { promise, resolve, reject } = Promise.withResolvers<CommandChannel>();
  const onStop = () => reject(stop.reason);
  stop.addEventListener('abort', onStop, { once: true });
  const term = process.env.TERM ?? 'xterm-256color';
  const answer = (error: Error | undefined, channel: ClientChannel) => {
    if (error)
      return reject(new ShakedownError({ message: `${address} opens no channel: ${error.message}` }));
    // Nobody waits for it any more: it must not go on unseen.
    if (stop.aborted) {
      channel.signal('KILL');
      channel.resume().close();
    }
    channel.once('close', () => lastClosed.set(client, performance.now()));
    resolve({ channel, ended: exitOf(channel, lost) });
  };
  try {
    client.exec(line, { env: { ...env }, ...(pty ? { pty: { ...pty, term } } : {}) }, answer);
  } catch (error) {
    rejectUnlessLost(reject, error);
  }
  return promise.finally(() => stop.removeEventListener('abort', onStop));
}

/**
 * ssh2 throws at once on a socket that is closed: in a moment the connection is known to be lost, and why.
 */
export function rejectUnlessLost(reject: (error: unknown) => void, error: unknown): void {
  setTimeout(reject, 1000, error).unref();
}

/**
 * ssh2 tells the close of a channel only to those who read its output, so a lost connection is listened for
 * too.
 */
function exitOf(channel: ClientChannel, lost: AbortSignal): Promise<Exit> {
  let exit: Exit = { exitCode: null, signal: null };
  channel.on('exit', (code: number | null, signal?: string) => {
    exit = { exitCode: code ?? null, signal: signal ?? null };
  });
  return new Promise((resolve) => {
    const onEnd = () => {
      lost.removeEventListener('abort', onEnd);
      resolve(exit);
    };
    channel.once('close', onEnd);
    lost.addEventListener('abort', onEnd, { once: true });
  });
}
