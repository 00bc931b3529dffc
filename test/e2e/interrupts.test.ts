import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { clusterIds, leftovers, mainConfig, readLatest, scenario, shakedown, start } from './harness.ts';

const slow = {
  'config/main.config.ts': mainConfig(
    "nodes: nspawn({ count: 2 }), checks: [command({ name: 'long', command: 'sleep 60', on: 'all' })]",
  ),
};

/** Waits until the run's events hold these words. */
async function until(directory: string, words: string): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    try {
      if (readLatest(directory, 'events.ndjson').includes(words)) return;
    } catch {
      // The run has not made its directory yet.
    }
    await sleep(50);
  }
  throw new Error(`the run never came to ${words}`);
}

test('a second run in the same folder is refused with the first one’s process id', async () => {
  const directory = scenario(slow);
  const first = start(directory, ['run']);
  await until(directory, 'check-started');
  const second = await shakedown(directory, ['run']);
  expect(second.exitCode).toBe(2);
  expect(second.all).toContain(`Process ${first.pid}`);
  first.kill('SIGINT');
  expect((await first).exitCode).toBe(130);
});

test('Ctrl-C: the evidence comes home, and nothing is left', async () => {
  const directory = scenario(slow);
  const run = start(directory, ['run']);
  await until(directory, 'check-started');
  run.kill('SIGINT');
  expect((await run).exitCode).toBe(130);
  expect(readLatest(directory, 'nodes/0/logs/loop.log')).toContain('looping');
  expect(await leftovers(clusterIds(directory))).toEqual([]);
});

test('Ctrl-C twice: no waiting for the evidence, and still nothing is left', async () => {
  const directory = scenario(slow);
  const run = start(directory, ['run']);
  await until(directory, 'check-started');
  run.kill('SIGINT');
  await sleep(600);
  run.kill('SIGINT');
  expect((await run).exitCode).toBe(130);
  expect(await leftovers(clusterIds(directory))).toEqual([]);
});

describe('kill -9, and then reap', () => {
  test.each(['"phase":"machines"', 'nodes-known', '"phase":"install"', 'check-started', '"phase":"collect"'])(
    'after %s nothing is left',
    async (moment) => {
      const directory = scenario(
        moment.includes('collect')
          ? { 'config/main.config.ts': mainConfig('nodes: nspawn({ count: 2 })') }
          : slow,
      );
      const run = start(directory, ['run']);
      await until(directory, moment);
      await sleep(Math.random() * 100);
      run.kill('SIGKILL');
      await run;
      const reap = await shakedown(directory, ['reap']);
      expect(reap.exitCode, reap.all).toBe(0);
      expect(await leftovers(clusterIds(directory))).toEqual([]);
      expect((await shakedown(directory, ['reap'])).all).toContain('Nothing was left behind.');
    },
  );
});
