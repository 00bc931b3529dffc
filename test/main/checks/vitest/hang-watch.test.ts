import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { CheckRun } from '../../../../main/checks/vitest/check-run.ts';
import type { Worker } from '../../../../main/checks/vitest/check-server.ts';
import { HangWatch } from '../../../../main/checks/vitest/hang-watch.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }));
afterEach(() => void vi.useRealTimers());

/** A process that answers, or never does. */
const worker = (file: string, answers: boolean) =>
  ({
    file,
    gone: false,
    go: () => undefined,
    connection: { sendRequest: () => (answers ? Promise.resolve() : new Promise(() => undefined)) },
  }) as unknown as Worker;

test('a process that answers is left alone, also after one that did not and was killed', async () => {
  const workers = new Map([worker('a', false), worker('b', true)].map((each) => [each.file, each]));
  let turn = 'a';
  const hung: string[] = [];
  const watch = new HangWatch({
    run: {
      get turn() {
        return turn;
      },
      running: () => [{ timeoutMs: 500 }],
    } as unknown as CheckRun,
    worker: (file) => workers.get(file),
    testTimeoutMs: 500,
    loadTimeoutMs: 8000,
    hung: (file, _, message) => {
      hung.push(`${file}: ${message}`);
      turn = 'b';
    },
  });
  await vi.advanceTimersByTimeAsync(3000);
  expect(hung).toEqual([]);
  await vi.advanceTimersByTimeAsync(60_000);
  watch.stop();
  expect(hung).toEqual(['a: it did not finish within 0.5 s, blocked its process and was ended']);
});
