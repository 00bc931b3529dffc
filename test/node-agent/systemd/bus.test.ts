import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Bus, BusError, BusLostError } from '../../../node-agent/systemd/bus.ts';
import { decodeMessage } from '../../../node-agent/systemd/bus-message.ts';
import { BusWriter } from '../../../node-agent/systemd/marshal.ts';
import { temporaryFolder } from '../temporary.ts';

const call = { path: '/a', interface: 'b.c', member: 'D' } as const;

/** One who listens as systemd does, and the connection to it. */
async function peers(greeting = 'OK 00ff\r\n'): Promise<{ bus: Bus; peer: Socket; begun: Promise<string> }> {
  const path = join(temporaryFolder(), 'socket');
  const server = createServer();
  server.listen(path);
  await once(server, 'listening');
  const coming = once(server, 'connection');
  const bus = await Bus.open(path);
  const [peer] = (await coming) as [Socket];
  onTestFinished(() => {
    peer.destroy();
    server.close();
  });
  const begun = once(peer, 'data').then(([chunk]) => String(chunk));
  peer.write(greeting);
  return { bus, peer, begun };
}

/** An answer (2), or an error (3), to a call. */
function answer(kind: 2 | 3, serial: number, text: string): Buffer {
  const body = new BusWriter().write('s', text).bytes();
  const header = [
    [5, { signature: 'u', value: serial }],
    [8, { signature: 'g', value: 's' }],
    ...(kind === 3 ? [[4, { signature: 's', value: 'org.example.Refused' }]] : []),
  ];
  const head = new BusWriter().writeAll('yyyyuua(yv)', [108, kind, 0, 1, body.length, 99, header]);
  return Buffer.concat([head.pad(8).bytes(), body]);
}

/** One whose text goes on after the message. */
function lyingAnswer(): Buffer {
  const bytes = answer(2, 1, 'text');
  bytes.writeUInt32LE(1000, bytes.length - 'text\0'.length - 4);
  return bytes;
}

test('says who it is, and gives each call its own answer, however the bytes come', async () => {
  const { bus, peer, begun } = await peers();
  const [first, second] = [bus.call(call), bus.call(call)];
  const uid = Buffer.from(String(process.getuid?.())).toString('hex');
  expect((await begun).startsWith(`\0AUTH EXTERNAL ${uid}\r\nBEGIN\r\n`)).toBe(true);
  const bytes = Buffer.concat([answer(2, 2, 'second'), answer(2, 1, 'first')]);
  for (const byte of bytes) peer.write(Buffer.from([byte]));
  expect(await Promise.all([first, second])).toEqual([['first'], ['second']]);
});

test('asks nothing before it was let in: systemd would leave it lying', async () => {
  const { bus, peer, begun } = await peers('');
  void bus.call(call).catch(() => undefined);
  expect(await begun).toMatch(/BEGIN\r\n$/);
  const asked = once(peer, 'data');
  peer.write('OK 00ff\r\n');
  expect(decodeMessage((await asked)[0])?.message.member).toBe('D');
});

test('tells a refusal', async () => {
  const { bus, peer } = await peers();
  peer.write(answer(3, 1, 'not now'));
  const error = await bus.call(call).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(BusError);
  expect(error).toMatchObject({ error: 'org.example.Refused', message: 'not now' });
});

test.each([
  ['goes away', (peer: Socket) => peer.end()],
  ['says what is no message', (peer: Socket) => peer.write('nonsense, and more of it')],
  ['answers with more than its message holds', (peer: Socket) => peer.write(lyingAnswer())],
])('whoever waits is told when the other end %s, and who comes later', async (_, act) => {
  const { bus, peer } = await peers();
  const waiting = bus.call(call).catch((reason: unknown) => reason);
  act(peer);
  expect(await waiting).toBeInstanceOf(BusLostError);
  expect(bus.lost.aborted).toBe(true);
  await expect(bus.call(call)).rejects.toBeInstanceOf(BusLostError);
});

test('who is not let in hears of it', async () => {
  const { bus } = await peers('REJECTED EXTERNAL\r\n');
  await expect(bus.call(call)).rejects.toThrow(/REJECTED/);
});
