import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, test, vi } from 'vitest';
import type { OutgoingStream } from '../../../common/streams/outgoing-stream.ts';
import { TaskOutput } from '../../../node-agent/tasks/task-output.ts';
import { temporaryFolder } from '../temporary.ts';

test('a few bytes are passed on at once, and what comes right after them together', async () => {
  const { say, pieces, finish } = output();
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
  const { say, pieces, finish } = output();
  for (let index = 0; index < 50; index += 1) {
    say('x'.repeat(60_000));
    await vi.waitFor(() => expect(pieces.join('')).toHaveLength((index + 1) * 60_000));
  }
  await finish();
});

test('what waits when the process ends is passed on before the end is told', async () => {
  const { say, pieces, finish } = output();
  say('first|');
  await vi.waitFor(() => expect(pieces).toEqual(['first|']));
  say('last words');
  await finish();
  expect(pieces.join('')).toBe('first|last words');
});

test('what waits for a slow reader when the process ends is passed on, however busy the agent is', async () => {
  const { say, pieces, sink, finish } = output(1000);
  sink.pause();
  say('x'.repeat(10_000));
  await vi.waitFor(() => expect(sink.writableNeedDrain).toBe(true));
  say('y'.repeat(50_000));
  const finished = finish();
  // Longer than a process may be silent; then it has no time to read for as long again.
  sink.on('drain', () => {
    for (const begin = performance.now(); performance.now() - begin < 100; );
  });
  await new Promise((resolve) => setTimeout(resolve, 100));
  sink.resume();
  await finished;
  await vi.waitFor(() => expect(pieces.join('')).toHaveLength(60_000));
});

/** An output of a process that says what it is told to, and the pieces that have gone to the main host. */
function output(highWaterMark?: number) {
  const pipe = join(temporaryFolder(), 'pipe');
  execFileSync('mkfifo', [pipe]);
  const near = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  const far = openSync(pipe, constants.O_WRONLY);
  const sink = new PassThrough(highWaterMark === undefined ? {} : { highWaterMark });
  const pieces: string[] = [];
  sink.on('data', (chunk) => pieces.push(String(chunk)));
  const task = new TaskOutput(near, sink as unknown as OutgoingStream);
  return {
    ...{ pieces, sink },
    say: (text: string) => writeSync(far, text),
    finish: async () => {
      closeSync(far);
      await task.finish();
    },
  };
}
