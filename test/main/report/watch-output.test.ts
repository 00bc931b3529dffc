import { PassThrough, Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { watchOutput } from '../../../main/report/watch-output.ts';

/** A stream on which every write fails so; it does not end of it, as a process's own do not. */
const failing = (code: string): Writable =>
  new Writable({
    autoDestroy: false,
    write: (chunk, _encoding, done) =>
      done(chunk.length === 0 ? null : Object.assign(new Error(`${code}: it failed`), { code })),
  });

async function ended(code: number, stdout: Writable, stderr: Writable = new PassThrough()) {
  const exitCode = watchOutput({ stdout, stderr });
  stdout.write('text');
  return { code: await exitCode(code), said: String((stderr as PassThrough).read?.() ?? '') };
}

test('what could be written changes no exit code', async () => {
  for (const code of [0, 1, 2, 130]) expect((await ended(code, new PassThrough())).code).toBe(code);
});

test.each([0, 1, 3])('a reader that has gone: 141 instead of %i, in silence', async (code) =>
  expect(await ended(code, failing('EPIPE'))).toEqual({ code: 141, said: '' }),
);

test.each([
  [0, 3],
  [1, 3],
  [3, 3],
  [130, 130],
])('any other failure: %i becomes %i, and is told', async (code, expected) =>
  expect(await ended(code, failing('EIO'))).toEqual({
    code: expected,
    said: 'shakedown: not all could be written to stdout: EIO: it failed\n',
  }),
);

test('a failure that cannot be told either', async () =>
  expect((await ended(0, failing('ENOSPC'), failing('ENOSPC'))).code).toBe(3));
