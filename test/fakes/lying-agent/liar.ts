import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { maxMessage } from '../../../common/protocol.ts';
import { frame, kind as frameKind, maxPayload } from '../../../common/streams/frames.ts';
import { Streams } from '../../../common/streams/streams.ts';
import { evilTree, honestTree } from './evil-tree.ts';
import { answers, failure, notices } from './honest.ts';
import { bend, type Lie, lieOf, type Method, nested, type TalkLie } from './lies.ts';

/*
 * Agents that lie, on a socket whose path is the first argument; the second is a folder that must get no
 * file. Each connection is one agent: it is told its seed in the first line, and with it how to lie.
 */
const [path = '', base = ''] = process.argv.slice(2);

interface Request {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
}

class Liar {
  readonly #socket: Socket;
  readonly #seed: number;
  readonly #lie: Lie;
  readonly #streams: Streams;
  /** It says nothing from now on, whatever it is asked. */
  #mute = false;

  constructor(socket: Socket, seed: number) {
    this.#socket = socket;
    this.#seed = seed;
    this.#lie = lieOf(seed);
    this.#streams = new Streams(socket, socket, {
      begins: false,
      maxMessage,
      onMessage: (message) => this.#hear(JSON.parse(message.toString('utf8')) as Request),
      onEnd: () => socket.destroy(),
    });
  }

  #hear({ id, method, params = {} }: Request): void {
    if (method === 'alive') this.#say({ jsonrpc: '2.0', method, params: {} });
    if (id === undefined || method === undefined) return;
    const lie = this.#lie;
    const name = method as Method;
    if (lie.about === 'talk' && lie.kind === 'mute' && lie.method === name) this.#mute = true;
    if (this.#mute) return;
    const honest = { jsonrpc: '2.0', id, result: this.#honest(name, params) };
    if (lie.about === 'nothing') {
      for (const [notice, told] of Object.entries(notices))
        this.#say({ jsonrpc: '2.0', method: notice, params: told });
      this.#say(honest);
    } else if (lie.about === 'notice') {
      const notice = lie.notice as keyof typeof notices;
      const told = bend(notices[notice], lie.path, lie.kind, this.#seed, base);
      this.#say({ jsonrpc: '2.0', method: notice, params: told });
      this.#say(honest);
    } else if (lie.method !== name) this.#say(honest);
    else if (lie.about === 'answer') {
      this.#say({ ...honest, result: bend(honest.result, lie.path, lie.kind, this.#seed, base) });
    } else if (lie.about === 'failure') {
      const data = bend(failure, lie.path, lie.kind, this.#seed, base);
      this.#say({ jsonrpc: '2.0', id, error: { code: -32000, message: 'no', data } });
    } else this.#talk(lie.kind, honest, params);
  }

  /** The streams that a request names get a few bytes, and their end. */
  #honest(method: Method, params: Record<string, unknown>): unknown {
    const lie = this.#lie;
    const ofStreams = lie.about === 'talk' && lie.method === method ? lie.kind : undefined;
    const ids = [params.stdout, params.stderr, params.to, ...((params.streams as unknown[]) ?? [])];
    for (const id of ids.filter((each) => typeof each === 'number')) {
      const stream = this.#streams.write(id);
      stream.on('error', () => undefined);
      if (ofStreams === 'evil tree') stream.end(evilTree(base, this.#seed));
      else if (ofStreams === 'stream without end') this.#flood(stream);
      else if (method === 'pack' && ofStreams === undefined) stream.end(honestTree());
      else if (ofStreams !== 'silent') stream.end('abc');
    }
    if (method !== 'reports') return answers[method];
    const [first] = (params.streams as number[]) ?? [];
    return { ...answers.reports, reports: [{ name: 'journal.log', stream: first }] };
  }

  #flood(stream: NodeJS.WritableStream): void {
    const chunk = Buffer.alloc(64 * 1024, 'evil\n');
    const more = () => {
      while (stream.writable && !this.#socket.destroyed && stream.write(chunk));
    };
    stream.on('drain', more);
    more();
  }

  #talk(kind: TalkLie, honest: { id: number }, params: object): void {
    const say = (message: object) => this.#say({ jsonrpc: '2.0', ...message });
    const raw = (bytes: Buffer) => this.#socket.write(bytes);
    const part = frame(frameKind.part, 0, Buffer.alloc(maxPayload, 'x'));
    const lies: Partial<Record<TalkLie, () => unknown>> = {
      silent: () => undefined,
      late: () => setTimeout(() => this.#say(honest), 1200),
      twice: () => [this.#say(honest), this.#say(honest)],
      'wrong id': () => say({ ...honest, id: honest.id + 1000 }),
      'no id': () => say({ result: 1 }),
      asks: () => this.#endless(() => say({ id: 1, method: 'hello', params })),
      'unknown notice': () => say({ method: '__proto__', params: {} }),
      'odd error': () => say({ id: honest.id, error: oddErrors[this.#seed % oddErrors.length] }),
      garbage: () => raw(Buffer.from(Array.from({ length: 5000 }, (_, at) => (at * this.#seed) % 251))),
      'no json': () => raw(frame(frameKind.message, 0, Buffer.from('{"jsonrpc":'))),
      'giant frame': () => raw(giantFrame()),
      'message without end': () => this.#endless(() => raw(part)),
      'notices without end': () => this.#endless(() => say({ method: 'log', params: notices.log })),
      'answers without end': () => this.#endless(() => this.#say(honest)),
      'many values': () => this.#text(answerOf(honest.id, `[${'{},'.repeat(5_000_000)}{}]`)),
      nested: () => this.#text(answerOf(honest.id, nested(5_000_000))),
      'past its credit': () => this.#endless(() => raw(frame(frameKind.data, 1, Buffer.alloc(maxPayload)))),
      'stream of others': () => [
        raw(frame(frameKind.data, 999_999, Buffer.from('x'))),
        raw(frame(frameKind.write, 5)),
      ],
      ends: () => this.#socket.destroy(),
    };
    // For the others, what the streams bring is the lie.
    (lies[kind] ?? (() => this.#say(honest)))();
  }

  #endless(action: () => void): void {
    const more = () => {
      for (let times = 0; times < 200 && !this.#socket.destroyed; times += 1) action();
      if (this.#socket.destroyed) return;
      if (this.#socket.writableNeedDrain) this.#socket.once('drain', more);
      else setImmediate(more);
    };
    more();
  }

  #say(message: object): void {
    this.#text(JSON.stringify(message));
  }

  #text(message: string): void {
    if (!this.#socket.destroyed && !this.#mute) this.#streams.send(Buffer.from(message));
  }
}

const answerOf = (id: number, result: string): string => `{"jsonrpc":"2.0","id":${id},"result":${result}}`;

const oddErrors = [
  ...[{}, 7, 'x', { code: 'x' }, { code: 1, message: {} }, { code: 1, message: '\u001b[2J' }],
  { code: -32000, message: '\u001b[2J', data: 7 },
];

/** It claims to have four gigabytes. */
function giantFrame(): Buffer {
  const head = frame(frameKind.message, 0, Buffer.from('x'));
  head.writeUInt32BE(0xffff_ffff, 5);
  return head;
}

createServer((socket) => {
  socket.on('error', () => undefined);
  const head = (bytes: Buffer) => {
    const end = bytes.indexOf('\n');
    const seed = Number(bytes.subarray(0, end));
    socket.pause();
    if (bytes.length > end + 1) socket.unshift(bytes.subarray(end + 1));
    new Liar(socket, seed);
    socket.resume();
  };
  socket.once('data', head);
}).listen(path, () => process.stdout.write('ready\n'));
// Whoever asked is gone.
createInterface({ input: process.stdin }).on('close', () => process.exit(0));
