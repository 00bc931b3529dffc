import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { creditFrame, frame, kind, maxPayload } from '../../../common/streams/frames.ts';
import { window } from '../../../common/streams/incoming-stream.ts';
import { maxStreams } from '../../../common/streams/streams.ts';
import { end, settle } from './pair.ts';

/** A frame's head that says so, whatever follows. */
function head(what: number, id: number, length: number): Buffer {
  const bytes = Buffer.alloc(9);
  bytes[0] = what;
  bytes.writeUInt32BE(id, 1);
  bytes.writeUInt32BE(length, 5);
  return bytes;
}

const data = (id: number, length = 1) => frame(kind.data, id, Buffer.alloc(length));
const repeat = (count: number, one: (index: number) => Buffer) =>
  Buffer.concat(Array.from({ length: count }, (_, index) => one(index)));

/**
 * What ends the connection of a main host that hears this from its node; it
 * reads stream 1 and writes stream 2.
 */
async function told(bytes: Buffer, begins = true): Promise<string | undefined> {
  const far = new PassThrough();
  const { streams, ends } = end(far, new PassThrough(), begins, 100_000);
  if (begins) {
    streams.read();
    streams.write();
  }
  far.write(bytes);
  await settle();
  expect(ends.length).toBeLessThanOrEqual(1);
  return ends[0]?.message;
}

test.each([
  ['a kind that is none', head(99, 1, 0), /unknown kind \(99\)/],
  ['a frame that is too long', head(kind.data, 1, maxPayload + 1), /has 32760 bytes/],
  ['a frame of four gigabytes', head(kind.message, 0, 0xffffffff), /4294967295 bytes/],
  ['a frame of data without data', head(kind.data, 1, 0), /has 0 bytes/],
  ['a part of a message that is short', head(kind.part, 0, 1), /has 1 bytes/],
  ['a message that grows too long', repeat(4, () => frame(kind.part, 0, Buffer.alloc(maxPayload))), /100000/],
  ['a message for a stream', frame(kind.message, 1, Buffer.from('{}')), /for stream 1/],
  ['data among the messages', data(0), /for stream 0/],
  ['data of a stream that nobody opened', data(7), /nobody reads stream 7/],
  ['data of a stream that is written here', data(2), /nobody reads stream 2/],
  ['data after the end', Buffer.concat([frame(kind.end, 1), data(1)]), /nobody reads stream 1/],
  ['two ends', Buffer.concat([frame(kind.end, 1), frame(kind.end, 1)]), /nobody reads stream 1/],
  ['more data than was allowed', repeat(40, () => data(1, maxPayload)), /past its credit/],
  ['more credit than there can be', creditFrame(2, window), /too much/],
  ['a stream that it begins', frame(kind.write, 9), /stream 9 is begun/],
])('%s ends the connection with a sentence', async (_, bytes, sentence) => {
  expect(await told(bytes)).toMatch(sentence);
});

test('the side that takes streams bounds them, and takes no id twice', async () => {
  expect(
    await told(
      repeat(maxStreams + 1, (index) => frame(kind.write, index + 1)),
      false,
    ),
  ).toMatch(/more than/);
  expect(
    await told(
      repeat(2, () => frame(kind.read, 1)),
      false,
    ),
  ).toMatch(/stream 1 is begun/);
});

test('what is said of a stream that has just ended does no harm', async () => {
  expect(await told(Buffer.concat([creditFrame(77, 5), frame(kind.stop, 77)]))).toBeUndefined();
});

test('many tiny frames cost no more memory than they bring', async () => {
  const far = new PassThrough();
  const { streams, ends } = end(far, new PassThrough(), true);
  const reader = streams.read();
  const tiny = repeat(6000, () => data(reader.id));
  global.gc?.();
  const before = process.memoryUsage().rss;
  for (let count = 0; count < 100; count += 1) {
    far.write(tiny);
    await settle(1);
  }
  await settle();
  expect(ends).toEqual([]);
  expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 ** 2);
});

test('frames may come in any pieces', async () => {
  const far = new PassThrough();
  const { streams, messages } = end(far, new PassThrough(), true);
  const reader = streams.read();
  const bytes = Buffer.concat([
    frame(kind.data, reader.id, Buffer.from('abc')),
    frame(kind.message, 0, Buffer.from('m')),
  ]);
  for (const byte of bytes) far.write(Buffer.from([byte]));
  far.write(frame(kind.end, reader.id));
  expect((await reader.toArray()).join('')).toBe('abc');
  await settle();
  expect(messages).toEqual(['m']);
});
