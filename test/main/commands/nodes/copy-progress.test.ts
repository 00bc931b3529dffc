import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { progressInWords, withProgress } from '../../../../main/commands/nodes/copy-progress.ts';

const terminal = (isTTY: boolean) => Object.assign(new PassThrough(), { isTTY });

test('how far a copy has come is said on a terminal, and nothing of it stays there', async () => {
  const stderr = terminal(true);
  const given = await withProgress({ stderr }, 10 * 1024 ** 2, async (onProgress) => {
    onProgress(1);
    await sleep(300);
    onProgress(5 * 1024 ** 2);
    onProgress(6 * 1024 ** 2);
    return 'there';
  });
  expect(given).toBe('there');
  expect(String(stderr.read())).toBe('\r\u001b[K50 % of 10 MiB\r\u001b[K');
});

test('nothing is said elsewhere', async () => {
  const stderr = terminal(false);
  await withProgress({ stderr }, undefined, async (onProgress) => {
    await sleep(300);
    onProgress(1);
  });
  expect(stderr.read()).toBe(null);
});

test('is in words', () => {
  expect(progressInWords(300 * 1024 ** 2)).toBe('300 MiB');
  // A tar stream has some bytes more than its file.
  expect(progressInWords(1025, 1024)).toBe('100 % of 1 MiB');
});
