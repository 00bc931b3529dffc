import { expect, test } from 'vitest';
import { attemptLimit } from '../../../../main/remotes/login/attempt-limit.ts';

test('a try to log in has more time after each that was too late, up to a minute', () => {
  expect([0, 1, 2, 3, 100].map((tooLate) => attemptLimit(tooLate))).toEqual([10, 20, 40, 60, 60]);
});

test('it has no less than the user gives it', () => {
  expect(attemptLimit(0, 30)).toBe(30);
  expect(attemptLimit(3, 30)).toBe(60);
  expect(attemptLimit(100, 90)).toBe(90);
});
