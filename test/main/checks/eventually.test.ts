import { describe, expect, test } from 'vitest';
import { eventually } from '../../../main/checks/eventually.ts';

const fails = (message: string) => () => {
  throw new Error(message);
};

describe('eventually', () => {
  test('gives what the first attempt that does not throw gives', async () => {
    let count = 0;
    const attempt = async () => {
      count += 1;
      if (count < 3) throw new Error('not yet');
      return `attempt ${count}`;
    };
    expect(await eventually(attempt, { every: 0.01 })).toBe('attempt 3');
  });

  test('throws the last failure, with how often and how long it tried', async () => {
    await expect(eventually(fails('no leader'), { within: 0.1, every: 0.04 })).rejects.toThrow(
      /^no leader \(after [23] attempts in 0\.\d s\)$/,
    );
  });

  test('keeps the failure itself, for the diff and the line', async () => {
    const failure = await eventually(() => expect(2).toBe(3), { within: 0 }).catch((error) => error);
    expect(failure).toMatchObject({ name: 'AssertionError', actual: 2, expected: 3 });
    expect(failure.message).toContain('(after 1 attempt in 0.0 s)');
  });

  test('does not wait for an attempt that hangs', async () => {
    await expect(eventually(() => new Promise(() => {}), { within: 0.05 })).rejects.toThrow(
      /^an attempt did not finish \(after 1 attempt in 0\.\d s\)$/,
    );
  });

  test('says what failed before when only the last attempt hangs', async () => {
    let count = 0;
    const attempt = () => {
      count += 1;
      return count === 1 ? fails('no leader')() : new Promise(() => {});
    };
    await expect(eventually(attempt, { within: 0.1, every: 0.01 })).rejects.toThrow(
      'no leader (after 2 attempts',
    );
  });

  test('takes what is thrown though it is no error', async () => {
    await expect(eventually(() => Promise.reject('text'), { within: 0 })).rejects.toThrow(
      'text (after 1 attempt',
    );
  });
});
