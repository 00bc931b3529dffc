import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import {
  clusterIds,
  latest,
  leftovers,
  mainConfig,
  readLatest,
  scenario,
  shakedown,
  start,
  until,
} from '../harness.ts';

const slow = {
  'config/main.config.ts': mainConfig(
    "nodes: nspawn({ count: 2 }), checks: [command({ name: 'long', command: 'sleep 60', on: 'all' })]",
  ),
};

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

test.each(['machines', 'connect', 'ship', 'start', 'collect', 'destroy'])(
  'Ctrl-C while phase %s begins: nothing is left',
  async (phase) => {
    const late = ['collect', 'destroy'].includes(phase);
    const directory = scenario(late ? {} : slow);
    const run = start(directory, ['run']);
    await until(directory, `"phase-started","phase":"${phase}"`);
    run.kill('SIGINT');
    const { exitCode, all } = await run;
    // Once all checks are over there is nothing to interrupt: what there is
    // comes home, and the verdict stands.
    expect(exitCode, all).toBe(late ? 0 : 130);
    expect(await leftovers(clusterIds(directory))).toEqual([]);
  },
);

test.each([['run'], ['script', 'it.sh', '--provider', 'nspawn']])(
  'Ctrl-C while %s builds an image: neither a part of it nor a process is left',
  async (...args) => {
    const directory = scenario({ 'it.sh': 'true\n' });
    const cache = join(directory, 'cache');
    const run = start(directory, args, { SHAKEDOWN_CACHE: cache });
    await until(directory, 'building the bookworm base tree');
    const trees = join(cache, 'trees');
    const parts = () =>
      existsSync(trees) ? readdirSync(trees).filter((name) => !name.endsWith('.lock')) : [];
    const builders = async () => (await execa('pgrep', ['-f', trees], { reject: false })).stdout;
    await expect.poll(builders, { timeout: 60_000 }).toMatch(/\d/);
    await expect.poll(parts, { timeout: 60_000 }).not.toEqual([]);
    run.kill('SIGINT');
    const { exitCode, all } = await run;
    expect(exitCode, all).toBe(130);
    expect(parts()).toEqual([]);
    expect(await builders()).toBe('');
    expect(readFileSync('/proc/self/mounts', 'utf8')).not.toContain(cache);
    expect(await leftovers(clusterIds(directory))).toEqual([]);
  },
);

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
      expect((await shakedown(directory, ['reap'])).all).toMatch(/Nothing (of this folder )?was left behind/);
    },
  );

  test('what another folder made is told by folder and run, and taken only when all is asked for', async () => {
    const [one, other] = [scenario(slow), scenario(slow)];
    for (const directory of [one, other]) {
      const run = start(directory, ['run']);
      await until(directory, 'check-started');
      run.kill('SIGKILL');
      await run;
    }
    const [mine = '', theirs = ''] = [one, other].flatMap(clusterIds);
    const reap = await shakedown(one, ['reap']);
    expect(reap.exitCode, reap.all).toBe(0);
    expect(reap.all).toContain(`cluster ${mine}`);
    expect(reap.all).toContain(
      `left alone: nspawn cluster ${theirs} of ${other}, run ${runOf(other)}, since 2`,
    );
    expect(await leftovers([mine])).toEqual([]);
    const here = await shakedown(one, ['reap', '--provider', 'nspawn']);
    expect(here.all).toContain('Nothing of this folder was left behind.');
    expect(await leftovers([theirs])).not.toEqual([]);
    // Not --all: that would take what other tests leave for a moment.
    const there = await shakedown(other, ['reap', '--provider', 'nspawn']);
    expect(there.all).toContain(
      `destroying nspawn cluster ${theirs} of ${other}, run ${runOf(other)}, since 2`,
    );
    expect(await leftovers([theirs])).toEqual([]);
  });
});

const runOf = (directory: string): string => readlinkSync(latest(directory));
