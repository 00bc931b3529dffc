import { randomBytes } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { describe, expect, test } from 'vitest';
import { FrameReader, kind } from '../../../common/streams/frames.ts';
import { window } from '../../../common/streams/incoming-stream.ts';
import { maxStreams } from '../../../common/streams/streams.ts';
import { end, pair, settle } from './pair.ts';

describe('streams', () => {
  test('carry bytes in both directions, whole and in order', async () => {
    const { near, far } = pair();
    const sent = [randomBytes(3 * window + 17), randomBytes(window), randomBytes(1)];
    const writers = sent.map(() => near.streams.write());
    const readers = sent.map(() => near.streams.read());
    await settle();
    const back = writers.map(({ id }, index) =>
      pipeline(far.streams.read(id), far.streams.write(readers[index]?.id)),
    );
    sent.forEach((bytes, index) => void writers[index]?.end(bytes));
    const received = await Promise.all(readers.map((reader) => buffer(reader)));
    await Promise.all(back);
    expect(received.map((bytes, index) => bytes.equals(sent[index] ?? Buffer.alloc(0)))).toEqual([
      true,
      true,
      true,
    ]);
  });

  test('what came and ended before anyone read it is there', async () => {
    const { near, far } = pair();
    const writer = near.streams.write();
    writer.end('early');
    await settle();
    expect((await buffer(far.streams.read(writer.id))).toString()).toBe('early');
  });

  test('a reader that takes nothing holds up its own writer and no other', async () => {
    const { near, far } = pair();
    const [lazy, eager] = [near.streams.write(), near.streams.write()];
    lazy.write(Buffer.alloc(4 * window));
    const sent = randomBytes(2 * window);
    eager.end(sent);
    await settle();
    const lying = far.streams.read(lazy.id);
    expect((await buffer(far.streams.read(eager.id))).equals(sent)).toBe(true);
    await settle();
    expect(lazy.writableLength).toBe(4 * window);
    expect(lying.readableLength).toBeLessThanOrEqual(window);
  });

  test('streams take turns, and a message overtakes them all', async () => {
    const output = new PassThrough();
    const { streams } = end(new PassThrough(), output, true);
    const writers = [streams.write(), streams.write()];
    for (const writer of writers) writer.end(Buffer.alloc(window));
    await settle();
    streams.send(Buffer.from('urgent'));
    const order: string[] = [];
    const reader = new FrameReader({
      onData: (id) => order.push(String(id)),
      onFrame: (what) => what === kind.message && order.push('message'),
    });
    output.on('data', (bytes) => reader.push(bytes));
    await settle(100);
    const ahead = order.indexOf('message');
    // What was in the pipe by then, a frame's turn of each.
    expect(ahead).toBeLessThan(10);
    const data = order.filter((what) => what !== 'message');
    const turns = data.filter((id, index) => index === 0 || id !== data[index - 1]);
    expect(turns.length).toBeGreaterThan(data.length * 0.8);
    expect(data.length).toBeGreaterThanOrEqual(2 * 32);
  });

  test('a writer that breaks off is told to the reader with its sentence', async () => {
    const { near, far } = pair();
    const writer = near.streams.write();
    writer.write('some');
    await settle();
    const reading = buffer(far.streams.read(writer.id));
    writer.destroy(new Error('the disk is full'));
    await expect(reading).rejects.toThrow('the disk is full');
  });

  test('a reader that wants no more ends the writer with EPIPE, and both forget the stream', async () => {
    const { near, far } = pair();
    const reader = near.streams.read();
    await settle();
    const source = new Readable({ read: (size) => void source.push(Buffer.alloc(size)) });
    const writing = pipeline(source, far.streams.write(reader.id)).catch((error) => error);
    await settle();
    reader.destroy();
    expect(await writing).toMatchObject({ code: 'EPIPE' });
    await settle();
    expect(() => far.streams.write(reader.id)).toThrow('no stream');
    expect([near.ends, far.ends]).toEqual([[], []]);
  });

  test('end with the connection, with its error or without', async () => {
    const { near, far } = pair();
    const reader = near.streams.read();
    await settle();
    const writer = far.streams.write(reader.id);
    const reading = buffer(reader);
    near.input.destroy(new Error('the cable was pulled'));
    await expect(reading).rejects.toThrow('the cable was pulled');
    near.output.end();
    await settle();
    expect(writer.destroyed).toBe(true);
    expect(near.ends).toEqual([expect.objectContaining({ message: 'the cable was pulled' })]);
    expect(far.ends).toHaveLength(1);
    expect(() => near.streams.read()).toThrow('the connection has ended');
  });

  test('are bounded in their number', () => {
    const { near } = pair();
    for (let count = 0; count < maxStreams; count += 1) near.streams.read();
    expect(() => near.streams.write()).toThrow(`more than ${maxStreams} streams`);
  });
});

describe('messages', () => {
  test('of any length arrive whole, in their order', async () => {
    const { near, far } = pair();
    const sent = ['a', 'b'.repeat(200_000), 'c'.repeat(32 * 1024 - 9), 'd'];
    for (const message of sent) near.streams.send(Buffer.from(message));
    await settle();
    expect(far.messages).toEqual(sent);
  });

  test('that came before the connection ended are heard', async () => {
    const { near, far } = pair();
    for (let count = 0; count < 10; count += 1) near.streams.send(Buffer.from(String(count)));
    near.output.end();
    await settle();
    expect(far.messages).toHaveLength(10);
    expect(far.ends).toEqual([undefined]);
  });

  test('without end hold up the one who sends them', async () => {
    const { near, far } = pair();
    for (let count = 0; count < 100_000; count += 1) near.streams.send(Buffer.from('{}'));
    await settle(2);
    expect(far.input.isPaused()).toBe(true);
    await settle(500);
    expect(far.messages.length).toBeLessThan(1000);
  });
});
