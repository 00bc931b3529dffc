import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { fastifySSE } from '@fastify/sse';
import fastify from 'fastify';
import { expect, onTestFinished, test, vi } from 'vitest';
import { eventStreams, sendEvents, streaming } from '../../../../main/jobs/pages/events.ts';
import { Signals } from '../../../../main/jobs/server/signals.ts';

const large = 'x'.repeat(256 * 1024);

/** A server with one route, asked by who reads nothing of the answer, and how that goes. */
async function unread(answer: (reply: Parameters<typeof sendEvents>[0]) => Promise<void>) {
  const app = fastify({ forceCloseConnections: true });
  onTestFinished(() => app.close());
  await app.register(fastifySSE, eventStreams);
  let isOver = false;
  app.get('/events', streaming, async (_request, reply) => {
    await answer(reply);
    isOver = true;
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const reader = connect((app.server.address() as AddressInfo).port, '127.0.0.1').pause();
  await once(reader, 'connect');
  reader.write('GET /events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n');
  return { reader, isOver: () => isOver };
}

const isFull = (reply: { raw: { writableNeedDrain: boolean } } | undefined) =>
  expect(reply?.raw.writableNeedDrain).toBe(true);

test('a page that reads nothing and leaves ends its stream, and all that waited for it', async () => {
  let answered: Parameters<typeof sendEvents>[0] | undefined;
  let looks = 0;
  const { reader, isOver } = await unread((reply) => {
    answered = reply;
    const closing = new AbortController().signal;
    return sendEvents(reply, { signals: new Signals(), closing }, 'any', async () => {
      looks++;
      return { changes: [{ target: 'a', html: large }] };
    });
  });
  await vi.waitFor(() => isFull(answered));
  reader.destroy();
  await vi.waitFor(() => expect(isOver()).toBe(true));
  const before = looks;
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(looks).toBe(before);
});

test('a look that fails ends the stream, so that the page asks again', async () => {
  const { reader, isOver } = await unread((reply) => {
    const closing = new AbortController().signal;
    return sendEvents(reply, { signals: new Signals(), closing }, 'any', async () => {
      throw new Error('the database is away');
    });
  });
  let said = '';
  reader.on('data', (piece) => {
    said += piece;
  });
  reader.resume();
  await vi.waitFor(() => expect(said).toMatch(/retry: 1000\n\n[\s\S]*\r\n0\r\n\r\n$/));
  expect(isOver()).toBe(true);
});

test('why it is a stream: what else the plugin takes waits for such a page without end', async () => {
  let answered: Parameters<typeof sendEvents>[0] | undefined;
  let isLeft = false;
  const { reader, isOver } = await unread(async (reply) => {
    answered = reply;
    reply.raw.once('close', () => {
      isLeft = true;
    });
    const events = async function* () {
      for (;;) yield { data: large };
    };
    await reply.sse.send(events());
  });
  await vi.waitFor(() => isFull(answered));
  reader.destroy();
  await vi.waitFor(() => expect(isLeft).toBe(true));
  // Once this fails the plugin was mended, and the stream in between is needed no more.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  expect(isOver()).toBe(false);
});

test('whatever ends of lines are in a page’s part, it is one event', async () => {
  const { reader } = await unread((reply) => {
    const closing = new AbortController().signal;
    let isTold = false;
    return sendEvents(reply, { signals: new Signals(), closing }, 'any', async () => {
      if (isTold) return undefined;
      isTold = true;
      return { id: '1:7', changes: [{ target: 'a', html: 'one\r\ntwo\rthree\n\nfour' }] };
    });
  });
  let said = '';
  reader.on('data', (piece) => {
    said += piece;
  });
  reader.resume();
  const [head, end] = [
    'data: <hx-partial hx-target="#a" hx-swap="innerMorph">one\n',
    'data: four</hx-partial>\n\n',
  ];
  const event = `id: 1:7\n${head}data: two\ndata: three\ndata: \n${end}`;
  await vi.waitFor(() => expect(said).toContain(event));
});
