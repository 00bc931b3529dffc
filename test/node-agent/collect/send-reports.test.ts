import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { OutgoingStream } from '../../../common/streams/outgoing-stream.ts';
import { sendReports } from '../../../node-agent/collect/send-reports.ts';
import { textSource, textSources } from '../../../node-agent/collect/source.ts';

const streams = (count: number): (OutgoingStream & PassThrough)[] =>
  Array.from(
    { length: count },
    (_, index) => Object.assign(new PassThrough(), { id: 2 * index + 1 }) as never,
  );

test('what one look tells goes to several reports, and those without a stream are told', async () => {
  const three = streams(3);
  const sources = [
    textSource('a.txt', () => 'a'),
    textSources(['b.txt', 'c.txt', 'd.txt'], async () => ['b', 'c', 'd']),
  ];
  expect(sendReports(sources, three)).toEqual({
    reports: [
      { name: 'a.txt', stream: 1 },
      { name: 'b.txt', stream: 3 },
      { name: 'c.txt', stream: 5 },
    ],
    problems: ['d.txt: there are too many reports'],
  });
  expect(await Promise.all(three.map((stream) => text(stream)))).toEqual(['a', 'b', 'c']);
});

test('a look that fails breaks off its own reports only, and a reader that goes costs the others nothing', async () => {
  const [ok, gone, other, failed] = streams(4);
  if (!ok || !gone || !other || !failed) throw new Error('streams');
  failed.on('error', () => {});
  gone.on('error', () => {}).destroy();
  const broken = async () => {
    await sleep(1);
    throw new Error('no such thing');
  };
  sendReports(
    [
      textSource('ok', () => 'ok'),
      textSources(['gone', 'other'], async () => ['x', 'y']),
      textSource('failed', broken),
    ],
    [ok, gone, other, failed],
  );
  expect(await text(ok)).toBe('ok');
  expect(await text(other)).toBe('y');
  await expect(text(failed)).rejects.toThrow('no such thing');
});
