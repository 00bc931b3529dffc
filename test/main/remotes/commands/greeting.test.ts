import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import { expect, test } from 'vitest';
import { takeGreeting } from '../../../../main/remotes/commands/greeting.ts';

test('what comes before the command begins is taken, and the rest stays', async () => {
  const source = new PassThrough();
  source.end('Welcome!\nbegins.output');
  expect(await takeGreeting(source, 'begins.')).toEqual({ begun: true, said: 'Welcome!\n' });
  expect(String(source.read())).toBe('output');
});

test('a command that ended without a word is known for that, also when its end was told before', async () => {
  const source = new PassThrough();
  source.resume().end();
  await finished(source);
  expect(await takeGreeting(source, 'begins.')).toEqual({ begun: false, said: '' });
});
