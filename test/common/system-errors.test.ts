import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { asShakedownError } from '../../common/errors.ts';
import { remedyFor } from '../../common/system-errors.ts';

const errorOf = (act: () => void): unknown => {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error('it worked');
};

test('a full disk is told with what helps', () => {
  // full(4)
  const error = errorOf(() => writeFileSync('/dev/full', 'x'));
  expect(asShakedownError(error).details).toMatchObject({
    message: expect.stringContaining('no space left on device'),
    hint: 'make room on that disk',
  });
});

test('who knows better says so', () => {
  const error = errorOf(() => writeFileSync('/dev/full', 'x'));
  expect(asShakedownError(error, { hint: 'delete old runs' }).details.hint).toBe('delete old runs');
});

test('errors of our own making have no remedy', () => {
  expect(remedyFor(errorOf(() => mkdirSync('/proc/self/status/x')))).toBeUndefined();
  expect(remedyFor(new TypeError('x is not a function'))).toBeUndefined();
});
