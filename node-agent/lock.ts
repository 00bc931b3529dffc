import { readFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ShakedownError } from '../common/errors.ts';
import { isSystemError } from './failure.ts';

/** Who has the node. */
export interface Holder {
  readonly pid: number;
  readonly runId: string;
  readonly mainHost?: string;
  /** The key of its share, where it has not all of the node. */
  readonly share?: string;
  /** ms since the epoch. */
  readonly since: number;
}

/** The socket of a lock. */
export const lockPath = (name: string): string => `\0shakedown-agent:${name}`;

/**
 * Takes the node for one agent: an abstract unix socket (unix(7)), which vanishes with its process however
 * that ends, and which answers whoever connects with the holder as JSON. Waits `patience` seconds for one
 * that is ending, and asks one of the same run to leave; then throws ShakedownError that names the holder.
 * The lock is held until the process ends or it is closed.
 */
export async function takeNode(name: string, holder: Holder, patience = 5): Promise<Server> {
  const path = lockPath(name);
  let asked = false;
  for (const begin = performance.now(); ; await sleep(20)) {
    const server = await tryListen(path, holder);
    if (server) return server;
    if (!asked) {
      asked = true;
      askToHandOver(holder, await askHolder(path));
    }
    if (performance.now() - begin >= patience * 1000) throw refusal(await askHolder(path));
  }
}

/** The signal at which an agent leaves its node to another one of the same run. */
export const handOverSignal = 'SIGUSR2';

/** Signals it only where that process runs the same program: ids may be of another pid namespace. */
function askToHandOver(holder: Holder, { pid, runId }: Partial<Holder>): void {
  if (pid === undefined || runId !== holder.runId) return;
  try {
    const programOf = (id: number) =>
      readFileSync(`/proc/${id}/cmdline`, 'utf8').split('\0').slice(0, 2).join();
    if (programOf(pid) === programOf(process.pid)) process.kill(pid, handOverSignal);
  } catch {
    // It has ended meanwhile.
  }
}

function tryListen(path: string, holder: Holder): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.end(JSON.stringify(holder));
    });
    server.once('error', (error) =>
      isSystemError(error, 'EADDRINUSE') ? resolve(undefined) : reject(error),
    );
    server.listen(path, () => {
      server.unref();
      resolve(server);
    });
  });
}

/** What the one who has the lock says of itself; nothing where nobody answers. */
export function askHolder(path: string): Promise<Partial<Holder>> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(path);
    const answer = () => {
      socket.destroy();
      try {
        resolve(JSON.parse(text) as Holder);
      } catch {
        resolve({});
      }
    };
    socket.setTimeout(1000, answer);
    socket.on('data', (chunk) => {
      text += chunk.toString('utf8');
    });
    socket.on('end', answer);
    socket.on('error', answer);
  });
}

/** Says who has the node, and what to do. */
export function refusal({ pid, runId, mainHost, share, since }: Partial<Holder>): ShakedownError {
  const who = [
    share && `the distribution ${share},`,
    runId && `run ${runId}`,
    mainHost && `of ${mainHost}`,
    since && `since ${new Date(since).toISOString().replace(/\.\d+Z$/, 'Z')}`,
    pid && `(process ${pid} on the node)`,
  ].filter(Boolean);
  return new ShakedownError({
    message: `${share ? 'the node is shared: it is' : 'the node is'} in use by ${who.length > 0 ? who.join(' ') : 'another run that does not answer'}`,
    hint: `wait until that ${share ? 'distribution' : 'run'} has ended, or end it${pid ? `: \`kill ${pid}\` on the node stops it and its services` : ''}`,
  });
}
