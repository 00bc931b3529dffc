import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { RuntimeServer, type RuntimeServerOptions } from '../../../node-agent/hand-on/runtime-server.ts';
import { temporaryFolder } from '../temporary.ts';

/** More than sockets hold, so that who does not read keeps the server writing. */
const bytes = Buffer.alloc(20_000_000, 'runtime ');

function server(options?: RuntimeServerOptions): RuntimeServer {
  const file = join(temporaryFolder(), 'node');
  writeFileSync(file, bytes);
  return new RuntimeServer(file, options);
}

function connection(port: number): Socket {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  return socket;
}

/** All that comes of these words. */
async function answer(port: number, words: string): Promise<Buffer> {
  const socket = connection(port);
  socket.write(words);
  return buffer(socket).catch(() => Buffer.alloc(0));
}

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connection(port).on('error', () => resolve(false));
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });

/** Resolves when nobody listens there. */
const closed = (port: number) => expect.poll(() => listens(port)).toBe(false);

describe('a runtime is handed on', () => {
  test('to who shows a token, once, and then nobody listens any more', async () => {
    const { port, token } = await server().admit();
    expect((await answer(port, `${token}\n`)).equals(bytes)).toBe(true);
    expect(await answer(port, `${token}\n`)).toHaveLength(0);
    await closed(port);
  });

  test('to several, each by a token of its own, at one port', async () => {
    const runtime = server();
    const admitted = await Promise.all([runtime.admit(), runtime.admit(), runtime.admit()]);
    expect(new Set(admitted.map(({ port }) => port)).size).toBe(1);
    expect(new Set(admitted.map(({ token }) => token)).size).toBe(3);
    const got = await Promise.all(admitted.map(({ port, token }) => answer(port, `${token}\n`)));
    expect(got.map((each) => each.equals(bytes))).toEqual([true, true, true]);
  });

  test('again later, when it had stopped to listen', async () => {
    const runtime = server();
    const first = await runtime.admit();
    await answer(first.port, `${first.token}\n`);
    await closed(first.port);
    const second = await runtime.admit();
    expect(await answer(second.port, `${second.token}\n`)).toHaveLength(bytes.length);
  });
});

describe('nothing is handed on', () => {
  test.each([
    ['by another token', '0'.repeat(32)],
    ['by none', ''],
    ['by words without end', 'x'.repeat(100_000)],
    ['by HTTP', 'GET / HTTP/1.1\r\nHost: x'],
  ])('%s', async (_, words) => {
    const { port } = await server().admit();
    expect(await answer(port, `${words}\n`)).toHaveLength(0);
  });

  test('to who says nothing: it is cut off, and who comes then is served', async () => {
    const { port, token } = await server({ patience: { token: 0.1, idle: 1 } }).admit();
    expect(await answer(port, '')).toHaveLength(0);
    expect(await answer(port, `${token}\n`)).toHaveLength(bytes.length);
  });

  test('to who takes nothing any more', async () => {
    const { port, token } = await server({ patience: { token: 5, idle: 0.2 } }).admit();
    const socket = connection(port);
    socket.write(`${token}\n`);
    await once(socket, 'readable');
    await closed(port);
  });

  test('once the token is too old, and then nobody listens', async () => {
    const { port } = await server({ tokenFor: 0.2 }).admit();
    await closed(port);
  });

  test('where there is no file', async () => {
    const runtime = new RuntimeServer(join(temporaryFolder(), 'none'));
    const { port, token } = await runtime.admit();
    expect(await answer(port, `${token}\n`)).toHaveLength(0);
    await closed(port);
  });
});
