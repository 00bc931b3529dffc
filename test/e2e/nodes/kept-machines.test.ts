import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import {
  clusterIds,
  leftovers,
  mainConfig,
  nodeConfig,
  program,
  readLatest,
  result,
  scenario,
  shakedown,
  write,
} from '../harness.ts';

test('machines that are kept are used again, looked into, and taken down', async () => {
  const directory = scenario({
    'config/main.config.ts': mainConfig(
      "nodes: nspawn({ count: 2 }), greeting: 'one', checks: [command({ name: 'greeting', command: 'cat /srv/shakedown/greeting', on: 'all', stdout: '^(one|two)' })]",
    ),
    'config/node.config.ts': nodeConfig(
      "services: [{ name: 'loop', command: 'exec sh loop.sh' }], place: [{ from: 'greeting', to: '/etc/greeting' }]",
    ),
    'node_files/greeting.tmpl': '<{ main_config.greeting }> from <{ node_id }>\n',
  });
  const first = await shakedown(directory, ['run', '--keep']);
  expect(first.exitCode, first.all).toBe(0);
  const [id = ''] = clusterIds(directory);

  const nodes = await shakedown(directory, ['nodes', '--json']);
  expect(JSON.parse(nodes.stdout).map((node: { answers: boolean }) => node.answers)).toEqual([true, true]);
  const exec = await shakedown(directory, ['exec', '1', '--', 'cat /etc/greeting; exit 7']);
  expect(exec).toMatchObject({ exitCode: 7, stdout: 'one from 1' });
  const copy = await shakedown(directory, ['cp', '0:/etc/greeting', 'copied']);
  expect(copy.exitCode, copy.all).toBe(0);
  expect(readFileSync(join(directory, 'copied'), 'utf8')).toBe('one from 0\n');
  const link = await shakedown(directory, ['cp', '0:/etc/os-release', 'release']);
  expect(link.all).toContain('/etc/os-release (a link to /usr/lib/os-release) -> ');
  expect(readFileSync(join(directory, 'release'), 'utf8')).toContain('Debian');

  const big = randomBytes(3_000_000);
  write(directory, 'big', big);
  for (const [from, to] of [
    ['big', '1:/srv/deep/big'],
    ['1:/srv/deep/big', 'back'],
  ] as const) {
    const copied = await shakedown(directory, ['cp', from, to]);
    expect(copied.exitCode, copied.all).toBe(0);
  }
  expect(readFileSync(join(directory, 'back')).equals(big)).toBe(true);

  // script(1) gives it the terminal that a shell needs.
  const shell = await execa('script', ['-qec', `${process.execPath} ${program} shell 1`, '/dev/null'], {
    cwd: directory,
    input: 'echo I am $(hostname) $(tty)\nexit 5\n',
    reject: false,
    timeout: 30_000,
  });
  expect(shell.stdout).toMatch(/I am node1 \/dev\/pts\/\d/);
  expect(shell.exitCode).toBe(5);
  expect(await shakedown(directory, ['shell', '1'])).toMatchObject({ exitCode: 2 });

  const again = await shakedown(directory, ['rerun', '--set', 'greeting=two']);
  expect(again.exitCode, again.all).toBe(0);
  expect(readLatest(directory, 'nodes/1/files/greeting')).toBe('two from 1\n');
  expect(readLatest(directory, 'nodes/1/tester.log')).toContain('sending 1 of 2 entries');
  expect(clusterIds(directory)).toEqual([id]);
  expect((await shakedown(directory, ['runs', 'list'])).stdout.split('\n')).toHaveLength(2);

  const down = await shakedown(directory, ['down']);
  expect(down.exitCode, down.all).toBe(0);
  expect(await leftovers([id])).toEqual([]);
  expect(await shakedown(directory, ['rerun'])).toMatchObject({ exitCode: 2 });
});

test('--keep-on-failure keeps the machines of a failed run, and a new run takes them down', async () => {
  const failing =
    "nodes: nspawn({ count: 1 }), checks: [command({ name: 'never', command: 'false', on: 'all', within: 5 })]";
  const directory = scenario({ 'config/main.config.ts': mainConfig(failing) });
  expect(await shakedown(directory, ['run', '--keep-on-failure'])).toMatchObject({ exitCode: 1 });
  const kept = clusterIds(directory);
  expect(result(directory).kept).toBe(kept[0]);
  expect(await leftovers(kept)).not.toEqual([]);

  write(directory, 'config/main.config.ts', mainConfig('nodes: nspawn({ count: 1 })'));
  const second = await shakedown(directory, ['run', '--keep-on-failure']);
  expect(second.exitCode, second.all).toBe(0);
  expect(second.all).toContain('destroyed the 1 nspawn machines');
  expect(await leftovers(clusterIds(directory))).toEqual([]);
  expect(existsSync(join(directory, '.shakedown/cluster.json'))).toBe(false);
});

test('services of kept machines go on: they are looked at alive, checked again, and restarted with new configs', async () => {
  const directory = scenario({
    'config/main.config.ts': mainConfig(
      "nodes: nspawn({ count: 1, packages: ['cron'] }), checks: [command({ name: 'never', command: 'test -e /run/wanted', on: 'all', within: 5 })]",
    ),
    'config/node.config.ts': nodeConfig(
      "services: [{ name: 'loop', command: 'cat word; exec sleep 100000' }, { name: 'cron', unit: 'cron' }]",
    ),
    'node_files/word': 'one\n',
  });
  const looked = async (): Promise<string> => {
    const command = 'pgrep -fx "sleep 100000"; systemctl show --value -p MainPID cron';
    return (await shakedown(directory, ['exec', '0', '--', command])).stdout;
  };
  const failed = await shakedown(directory, ['run', '--keep-on-failure']);
  expect(failed.exitCode, failed.all).toBe(1);
  const [id = ''] = clusterIds(directory);
  const alive = await looked();
  expect(alive).toMatch(/^[1-9]\d*\n[1-9]\d*$/);

  await shakedown(directory, ['exec', '0', '--', 'touch /run/wanted']);
  const checked = await shakedown(directory, ['rerun', '--from', 'check']);
  expect(checked.exitCode, checked.all).toBe(0);
  expect(await looked(), 'the very same processes').toBe(alive);

  const [loop = ''] = alive.split('\n');
  await shakedown(directory, ['exec', '0', '--', `kill -9 ${loop}; systemctl stop cron`]);
  const started = await shakedown(directory, ['rerun', '--from', 'check']);
  expect(started.exitCode, started.all).toBe(0);
  expect(started.all).toContain('loop does not run; it is started');
  const anew = await looked();
  expect(anew).toMatch(/^[1-9]\d*\n[1-9]\d*$/);
  expect(anew).not.toBe(alive);

  write(directory, 'node_files/word', 'two\n');
  const shipped = await shakedown(directory, ['rerun', '--from', 'ship']);
  expect(shipped.exitCode, shipped.all).toBe(0);
  expect(readLatest(directory, 'nodes/0/logs/loop.log')).toMatch(/two\n$/);
  expect((await looked()).split('\n').every((pid) => !anew.includes(pid))).toBe(true);

  expect((await shakedown(directory, ['down'])).exitCode).toBe(0);
  expect(await leftovers([id])).toEqual([]);
});
