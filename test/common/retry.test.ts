import { expect, test } from 'vitest';
import { retry } from '../../common/retry.ts';

test('calls until it works, and counts', async () => {
  const given = await retry(
    (attempt) => {
      if (attempt < 3) throw new Error('not yet');
      return attempt;
    },
    { delayMs: 1 },
  );
  expect(given).toBe(3);
});

test('throws the last failure when the attempts are used up', async () => {
  const tried = retry((attempt) => Promise.reject(new Error(`try ${attempt}`)), { times: 2, delayMs: 1 });
  await expect(tried).rejects.toThrow('try 2');
});

test('begins none past the time', async () => {
  let count = 0;
  const tried = retry(
    () => {
      count += 1;
      throw new Error('no');
    },
    { within: 0, delayMs: 1 },
  );
  await expect(tried).rejects.toThrow('no');
  expect(count).toBe(1);
});

test('tries no more where that would not help', async () => {
  let count = 0;
  const tried = retry(
    () => {
      count += 1;
      throw new Error('refused');
    },
    { delayMs: 1, when: (error) => !(error instanceof Error && error.message === 'refused') },
  );
  await expect(tried).rejects.toThrow('refused');
  expect(count).toBe(1);
});

test('the signal ends the waiting, with its reason', async () => {
  const over = new AbortController();
  const tried = retry(() => Promise.reject(new Error('no')), { delayMs: 60_000, signal: over.signal });
  setTimeout(() => over.abort(new Error('Ctrl-C')), 5);
  await expect(tried).rejects.toThrow('Ctrl-C');
});
