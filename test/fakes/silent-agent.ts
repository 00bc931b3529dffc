import { PassThrough } from 'node:stream';
import { maxMessage } from '../../common/protocol.ts';
import { Streams } from '../../common/streams/streams.ts';
import type { RemoteProcess } from '../../main/remotes/remote.ts';
import { answers } from './lying-agent/honest.ts';

interface Request {
  readonly id?: number;
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

/**
 * An agent that answers all it is asked with the same, and its streams with a few bytes, while
 * `speaks` says so; then it is silent. It ends when its stdin does, unless it is silent, and 3 s
 * after it was killed, as on a slow node.
 */
export function agentThatFallsSilent(speaks: () => boolean): RemoteProcess {
  const stdin = new PassThrough();
  const stdout = new PassThrough();
  const spoken = new PassThrough().on('data', (bytes) => speaks() && stdout.write(bytes));
  const stderr = new PassThrough();
  const { promise: ended, resolve } = Promise.withResolvers<{ exitCode: number | null; signal: null }>();
  const end = (exitCode: number) => {
    stdout.end();
    resolve({ exitCode, signal: null });
  };
  const streams = new Streams(stdin, spoken, {
    begins: false,
    maxMessage,
    onMessage: (message) => hear(JSON.parse(message.toString('utf8')) as Request),
    onEnd: () => speaks() && end(0),
  });
  const say = (message: object) => streams.send(Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message })));
  const hear = ({ id, method, params = {} }: Request) => {
    if (!speaks()) return;
    if (id === undefined) return method === 'alive' ? say({ method, params: {} }) : undefined;
    const named = [params.stdout, params.stderr, params.to, ...((params.streams as unknown[]) ?? [])];
    for (const stream of named) if (typeof stream === 'number') streams.write(stream).end('abc');
    const { [method]: result } = answers as Readonly<Record<string, unknown>>;
    say({ id, result });
  };
  return { stdin, stdout, stderr, ended, kill: () => void setTimeout(end, 3000, 137), resize: () => {} };
}
