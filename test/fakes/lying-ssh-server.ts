import { createServer, type Server, type Socket } from 'node:net';
import { ssh2 } from '../../main/remotes/ssh2.ts';
import { newKey } from './ssh-server.ts';

/** Sets a terminal's title, clears it, and forges a line. */
export const evil = '\u001b]0;owned\u0007\u001b[2J\u009b1m\r\nPASS  forged\n';

const ident = 'SSH-2.0-OpenSSH_9.2\r\n';

/** How a server of ssh lies, or says nothing, before anybody has logged in (RFC 4253). */
export const sshLies: Readonly<Record<string, (socket: Socket) => void>> = {
  'says nothing': () => undefined,
  closes: (socket) => socket.destroy(),
  'greets with what acts on a terminal': (socket) => socket.write(`SSH-2.0-${evil}`),
  'tells what acts on a terminal before its greeting': (socket) =>
    socket.write(`${evil}${evil}SSH-1.0-x\r\n`),
  'greets by one byte after another': (socket) => endless(socket, () => Buffer.from('x'), 20),
  'greets without end': (socket) => endless(socket, () => Buffer.alloc(65_536, 'x')),
  'tells lines without end before its greeting': (socket) =>
    endless(socket, () => Buffer.from('hello\r\n'.repeat(9000))),
  'sends garbage': (socket) =>
    endless(socket, () => Buffer.from([0x53, 0x53, 0x48, 0x2d, 1, 0xff, 10, 13, 0])),
  'claims a packet of four gigabytes': (socket) =>
    socket.write(Buffer.concat([Buffer.from(ident), Buffer.alloc(16, 0xff)])),
  'offers algorithms whose names act on a terminal': (socket) =>
    socket.write(Buffer.concat([Buffer.from(ident), packet(algorithms(evil, evil))])),
  'offers host keys whose names act on a terminal': (socket) =>
    socket.write(Buffer.concat([Buffer.from(ident), packet(algorithms('curve25519-sha256', evil))])),
  'offers as many algorithms as fit': (socket) =>
    socket.write(Buffer.concat([Buffer.from(ident), packet(algorithms('x,'.repeat(16_000), 'y'))])),
  'ends with words that act on a terminal': (socket) =>
    socket.write(Buffer.concat([Buffer.from(ident), packet(disconnect(evil))])),
  'ends with very many words': (socket) =>
    socket.write(Buffer.concat([Buffer.from(ident), packet(disconnect('many '.repeat(6000)))])),
  'says things of no meaning without end': (socket) => {
    socket.write(ident);
    const [ignore, debug] = [2, 4].map((type) => packet(Buffer.concat([Buffer.from([type]), text(evil)])));
    endless(socket, () =>
      Buffer.concat(Array.from({ length: 500 }, () => [ignore, debug]).flat() as Buffer[]),
    );
  },
  'shows a host key that is none': (socket) => answerExchange(socket, text('ssh-ed25519')),
  'shows a host key that is cut off': (socket) => answerExchange(socket, Buffer.from([0, 0])),
  'never says whether a login is taken': noLogin,
  'shows a huge host key': (socket) =>
    answerExchange(socket, Buffer.concat([text('ssh-ed25519'), Buffer.alloc(30_000, 7)])),
};

/** A server that speaks well until somebody wants to log in, and greets him with as many words as it may. */
function noLogin(socket: Socket): void {
  const banner = evil.repeat(800);
  new (ssh2().Server)({ hostKeys: [newKey().private], banner }, (client) => {
    client.on('error', () => undefined).on('authentication', () => undefined);
  }).injectSocket(socket);
}

/** A port of the loopback address where each connection is lied to in this way. */
export async function lyingSshServer(
  lie: (socket: Socket) => void,
): Promise<AsyncDisposable & { port: number }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
    socket.resume();
    lie(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function endless(socket: Socket, next: () => Buffer, pauseMs = 0): void {
  const more = () => {
    while (!socket.destroyed && socket.write(next()) && pauseMs === 0);
    if (!socket.destroyed && pauseMs > 0) setTimeout(more, pauseMs);
  };
  if (pauseMs === 0) socket.on('drain', more);
  more();
}

function text(words: string): Buffer {
  const bytes = Buffer.from(words);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** A binary packet (section 6). */
function packet(payload: Buffer): Buffer {
  const padding = 8 + ((16 - ((payload.length + 5 + 8) % 8)) % 8);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(payload.length + padding + 1);
  head.writeUInt8(padding, 4);
  return Buffer.concat([head, payload, Buffer.alloc(padding)]);
}

const disconnect = (words: string): Buffer =>
  Buffer.concat([Buffer.from([1, 0, 0, 0, 2]), text(words), text('')]);

/** SSH_MSG_KEXINIT (section 7.1). */
function algorithms(exchange: string, hostKeys: string): Buffer {
  const both = (names: string) => [text(names), text(names)];
  const rest = [...both('aes256-ctr'), ...both('hmac-sha2-256'), ...both('none'), ...both('')];
  const head = Buffer.alloc(17, 20);
  return Buffer.concat([head, text(exchange), text(hostKeys), ...rest, Buffer.alloc(5)]);
}

/** Goes on to the answer with the host key (RFC 8731), once it was asked for. */
function answerExchange(socket: Socket, hostKey: Buffer): void {
  socket.write(Buffer.concat([Buffer.from(ident), packet(algorithms('curve25519-sha256', 'ssh-ed25519'))]));
  const key = Buffer.concat([
    Buffer.from([0, 0, 0, hostKey.length >> 8, hostKey.length & 255]).subarray(1),
    hostKey,
  ]);
  const reply = Buffer.concat([Buffer.from([31]), key, text('q'.repeat(32)), text('signed')]);
  setTimeout(() => !socket.destroyed && socket.write(packet(reply)), 200);
}
