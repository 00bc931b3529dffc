import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { InterruptedError, ShakedownError, UsageError } from '../../../common/errors.ts';
import { RefusedError } from '../../../main/jobs/client/refused.ts';
import { tellFailure } from '../../../main/report/tell-failure.ts';
import { voiceOf } from '../../../main/report/voice.ts';

/** Who hears it, and what was heard. */
function audience(env: NodeJS.ProcessEnv = {}, isTTY = false) {
  const stderr = Object.assign(new PassThrough(), { isTTY });
  return { stderr, env, heard: () => String(stderr.read() ?? '') };
}

test('the program’s name, and the words as they are', () => {
  const to = audience();
  voiceOf(to).info('took 100% of `x` %s _now_');
  voiceOf(to, 'shakedown-virt').error('two\nlines');
  expect(to.heard()).toBe('shakedown: took 100% of `x` %s _now_\nshakedown-virt: two\nlines\n');
});

test('what is said again is said again', () => {
  const to = audience();
  const voice = voiceOf(to);
  for (let each = 0; each < 20; each++) voice.warn('again');
  expect(to.heard()).toBe('shakedown: again\n'.repeat(20));
});

test('colour on terminals only, by how bad it is', () => {
  const red = '\u001b[31mshakedown\u001b[39m: gone\n';
  const [terminal, without] = [audience({}, true), audience({ NO_COLOR: '1' }, true)];
  voiceOf(terminal).error('gone');
  voiceOf(without).error('gone');
  expect([terminal.heard(), without.heard()]).toEqual([red, 'shakedown: gone\n']);
});

test.each([
  ['0', ['bad']],
  ['1', ['bad', 'odd']],
  ['3', ['bad', 'odd', 'done']],
  [undefined, ['bad', 'odd', 'done']],
])('CONSOLA_LEVEL=%s', (CONSOLA_LEVEL, words) => {
  const to = audience(CONSOLA_LEVEL === undefined ? { NODE_ENV: 'test' } : { CONSOLA_LEVEL });
  const voice = voiceOf(to);
  voice.error('bad');
  voice.warn('odd');
  voice.info('done');
  expect(to.heard()).toBe(words.map((word) => `shakedown: ${word}\n`).join(''));
});

test.each([
  [new UsageError('No.', { hint: 'yes' }), 2, 'shakedown: No.\n  try: yes\n'],
  [new ShakedownError({ message: 'it broke', node: 1 }), 3, 'shakedown: Node 1: it broke\n'],
  [new ShakedownError({ message: 'it is wrong', verdict: 'fail' }), 1, 'shakedown: it is wrong\n'],
  [new InterruptedError(), 130, ''],
  [new RefusedError(404, 'there is no job x'), 2, 'shakedown: there is no job x\n'],
  [
    new RefusedError(401, 'no such token', 'another one'),
    2,
    'shakedown: no such token\n  try: another one\n',
  ],
  [new RefusedError(429, 'too many'), 3, 'shakedown: too many\n'],
  [new RefusedError(503, 'the database is away'), 3, 'shakedown: the database is away\n'],
  [
    Object.assign(new Error('ENOSPC: no space'), { code: 'ENOSPC' }),
    3,
    'shakedown: ENOSPC: no space\n  try: make room on that disk\n',
  ],
])('a failure is told, and has its exit code: %s', (error, code, words) => {
  const to = audience();
  expect(tellFailure(error, to)).toBe(code);
  expect(to.heard()).toBe(words);
});

test('what is our own mistake has its stack', () => {
  const to = audience();
  expect(tellFailure(new TypeError('x is undefined'), to)).toBe(3);
  expect(to.heard()).toMatch(/^shakedown: x is undefined\nTypeError: x is undefined\n {4}at /);
});
