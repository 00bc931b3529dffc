import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { describe, expect, test } from 'vitest';
import { prefixedOutputs } from '../../../main/script/output/prefixed-output.ts';
import { ScriptOutput } from '../../../main/script/output/script-output.ts';
import { folder } from '../remotes/fake-node.ts';
import { sink } from './script-world.ts';

const stop = new AbortController().signal;
const onGone = () => undefined;

describe('the output of a script', () => {
  test('is kept whole in a file, and its beginning and end in memory', async () => {
    const output = new ScriptOutput({ file: join(folder(), 'out'), live: undefined, onGone, stop, most: 4 });
    await pipeline(Readable.from([Buffer.from('ab'), Buffer.from('c\u00e9d\none\r\ntwo\n\n')]), output);
    expect(readFileSync(output.file, 'utf8')).toBe('abc\u00e9d\none\r\ntwo\n\n');
    expect(output.text, 'half a character is left out').toBe('abc');
    expect(output.lastLines(2)).toEqual(['one', 'two']);
  });

  test('waits for who reads it, so that memory stays bounded', async () => {
    const waiting: (() => void)[] = [];
    const live = new Writable({ highWaterMark: 1, write: (_chunk, _encoding, done) => waiting.push(done) });
    const output = new ScriptOutput({ file: join(folder(), 'out'), live, onGone, stop });
    let read = 0;
    const source = Readable.from(
      (function* () {
        for (; read < 1000; read++) yield Buffer.alloc(65_536);
      })(),
    );
    const copied = pipeline(source, output);
    await expect.poll(() => waiting.length).toBe(1);
    expect(read).toBeLessThan(30);
    const timer = setInterval(() => waiting.shift()?.(), 0);
    while (read < 100) await new Promise((resolve) => setTimeout(resolve, 5));
    clearInterval(timer);
    source.destroy();
    await expect(copied).rejects.toThrow();
  });

  test('goes on to its file when the reader has gone, or is to be waited for no longer', async () => {
    const live = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
    let gone = 0;
    const file = join(folder(), 'out');
    const output = new ScriptOutput({ file, live, onGone: () => gone++, stop });
    await pipeline(Readable.from([Buffer.from('a'), Buffer.from('b')]), output);
    expect([gone, readFileSync(file, 'utf8')]).toEqual([1, 'ab']);
    const stuck = new Writable({ highWaterMark: 1, write: () => undefined });
    const hurry = new AbortController();
    const other = new ScriptOutput({ file, live: stuck, onGone, stop: hurry.signal });
    const copied = pipeline(Readable.from([Buffer.from('a'), Buffer.from('b')]), other);
    hurry.abort();
    await copied;
    expect(readFileSync(file, 'utf8')).toBe('ab');
  });

  test('that the disk has no room for is told, and still goes to who reads it', async () => {
    const live = sink();
    const output = new ScriptOutput({ file: '/dev/full', live, onGone, stop });
    await pipeline(Readable.from([Buffer.from('a'), Buffer.from('b')]), output);
    expect(live.text()).toBe('ab');
    expect(output.logFailure?.message).toContain('ENOSPC');
    expect(statSync('/dev/full').isCharacterDevice()).toBe(true);
  });
});

describe('outputs of several machines', () => {
  test('are told apart line by line', async () => {
    const target = sink();
    const [one, two] = prefixedOutputs(['a', 'long'], target);
    one?.write('first\nsec');
    two?.write('\nother');
    one?.write('ond\n');
    for (const output of [one, two]) output?.end();
    for (const output of [one, two]) if (output) await finished(output);
    expect(target.text().split('\n').sort()).toEqual([
      '',
      'a    | first',
      'a    | second',
      'long | ',
      'long | other',
    ]);
    expect(target.listenerCount('error')).toBe(0);
    expect(target.writableEnded).toBe(false);
  });

  test('break a line that has no end', async () => {
    const target = sink();
    const [one] = prefixedOutputs(['a'], target);
    one?.end(Buffer.alloc(200_000, 'x'));
    if (one) await finished(one);
    const lines = target.text().trimEnd().split('\n');
    expect(lines.map((line) => line.length - 4)).toEqual([65_536, 65_536, 65_536, 3392]);
  });

  test('all fail with the stream that they share', async () => {
    const target = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
    const [one, two] = prefixedOutputs(['a', 'b'], target);
    one?.write('x\n');
    for (const output of [one, two]) if (output) await expect(finished(output)).rejects.toThrow('EPIPE');
  });
});
