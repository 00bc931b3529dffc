import { createConnection, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ShakedownError } from '../../../../common/errors.ts';

/** A conversation in lines over a Unix socket; the one who opened it closes it. */
export interface LineSocket extends Disposable {
  send(line: string): void;
  /**
   * The next line for which `wanted` gives something; others are dropped.
   * Rejects when the other side has gone.
   */
  next<Found>(wanted: (line: string) => Found | undefined, signal: AbortSignal): Promise<Found>;
  /** Resolves when the other side has gone. */
  readonly closed: Promise<void>;
}

/**
 * Connects, waiting up to `patience` ms for somebody to listen there. Throws ShakedownError
 * when nobody does, and the signal's reason.
 */
export async function openLines(path: string, patience: number, signal: AbortSignal): Promise<LineSocket> {
  const until = performance.now() + patience;
  for (;;) {
    signal.throwIfAborted();
    try {
      return conversation(await connected(path), path);
    } catch (error) {
      if (performance.now() > until) {
        throw new ShakedownError(
          { message: `nobody listens on ${path}: the virtual machine is off` },
          { cause: error },
        );
      }
      await sleep(20, undefined, { signal });
    }
  }
}

function connected(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    socket.once('error', reject).once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

function conversation(socket: Socket, path: string): LineSocket {
  const lines: string[] = [];
  let rest = '';
  let ended: Error | undefined;
  let wake = () => {};
  const end = (error?: Error) => {
    ended ??= new ShakedownError({ message: `the virtual machine ended (${path})` }, { cause: error });
    wake();
  };
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
    wake();
  });
  socket.on('error', end).on('close', () => end());
  return {
    closed,
    send: (line) => void socket.write(`${line}\n`),
    async next(wanted, signal) {
      for (;;) {
        signal.throwIfAborted();
        const line = lines.shift();
        const found = line === undefined ? undefined : wanted(line.trim());
        if (found !== undefined) return found;
        if (line !== undefined) continue;
        if (ended) throw ended;
        await new Promise<void>((resolve) => {
          wake = () => {
            signal.removeEventListener('abort', wake);
            resolve();
          };
          signal.addEventListener('abort', wake);
        });
      }
    },
    [Symbol.dispose]: () => socket.destroy(),
  };
}
