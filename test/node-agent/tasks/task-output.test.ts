import { closeSync, writeSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { expect, test, vi } from 'vitest';
import type { OutgoingStream } from '../../../common/streams/outgoing-stream.ts';
import { Pipes } from '../../../node-agent/tasks/pipes.ts';
import { TaskOutput } from '../../../node-agent/tasks/task-output.ts';

test('a few bytes are passed on at once, and what comes right after them together', async () => {
  const { say, pieces, finish } = await output();
  say('first|');
  await vi.waitFor(() => expect(pieces).toEqual(['first|']));
  // It was passed on a moment ago.
  for (const each of ['1|', '2|', '3|']) {
    say(each);
    await new Promise(setImmediate);
  }
  await vi.waitFor(() => expect(pieces.join('')).toBe('first|1|2|3|'));
  expect(pieces.length).toBeLessThan(4);
  await finish();
});

test('many bytes are passed on as fast as they are taken', async () => {
  const { say, pieces, finish } = await output();
  for (let index = 0; index < 50; index += 1) {
    say('x'.repeat(60_000));
    await vi.waitFor(() => expect(pieces.join('')).toHaveLength((index + 1) * 60_000));
  }
  await finish();
});

test('what waits when the process ends is passed on before the end is told', async () => {
  const { say, pieces, finish } = await output();
  say('first|');
  await vi.waitFor(() => expect(pieces).toEqual(['first|']));
  say('last words');
  await finish();
  expect(pieces.join('')).toBe('first|last words');
});

/** An output of a process that says what it is told to, and the pieces that have gone to the main host. */
async function output() {
  const { near, far } = await new Pipes().toRead();
  const sink = new PassThrough();
  const pieces: string[] = [];
  sink.on('data', (chunk) => pieces.push(String(chunk)));
  const task = new TaskOutput(near, sink as unknown as OutgoingStream);
  return {
    pieces,
    say: (text: string) => writeSync(far, text),
    finish: async () => {
      closeSync(far);
      await task.finish();
    },
  };
}
