import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import type { ScriptRun } from '../../../main/script/output/script-result.ts';
import type { KeptCluster } from '../../../main/store/kept-cluster.ts';
import {
  cleanUp,
  clusterIds,
  latest,
  leftovers,
  program,
  readLatest,
  shakedown,
  start,
  until,
  write,
} from '../harness.ts';

/** A folder with these scripts; what a test leaves in it goes with the test. */
function folder(scripts: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'shakedown-script-e2e-'));
  for (const [name, text] of Object.entries(scripts)) write(directory, name, text);
  onTestFinished(() => cleanUp(directory));
  return directory;
}

const onNspawn = ['--provider', 'nspawn'];

/** A kept machine, lent to a folder that knows it by its address alone. */
async function lent(directory: string): Promise<{ args: string[]; env: Record<string, string> }> {
  const { cluster }: KeptCluster = JSON.parse(
    readFileSync(join(directory, '.shakedown/cluster.json'), 'utf8'),
  );
  const [machine] = cluster.machines;
  if (!machine?.ssh.keyFile) throw new Error('the machine has no key');
  write(directory, 'home/.ssh/known_hosts', `${machine.address} ${machine.ssh.hostKey}\n`);
  return {
    args: ['--nodes', `root@${machine.address}`, '--key', machine.ssh.keyFile],
    env: { HOME: join(directory, 'home'), SSH_AUTH_SOCK: '' },
  };
}

test('a script runs on a machine that is made for it; kept, the machine can be lent to other scripts', async () => {
  const directory = folder({
    'tree/build.sh':
      '#!/bin/bash\necho "built $1 for $WHO on $(hostname) by $(id -un)"; echo oops >&2\ncat part; mkdir dist; echo deb > dist/a.deb; exit 7\n',
    'tree/part': 'a part\n',
  });
  const built = await shakedown(directory, [
    ...['script', 'tree/build.sh', ...onNspawn, '--env', 'WHO=me', '--with', 'tree'],
    ...['--get', 'dist/*.deb', '--out', 'out', '--keep', '--', 'a b'],
  ]);
  expect(built.exitCode, built.all).toBe(7);
  expect(built.stdout).toBe('built a b for me on node0 by root\na part');
  expect(built.stderr).toMatch(/^oops$/m);
  expect(readFileSync(join(directory, 'out/dist/a.deb'), 'utf8')).toBe('deb\n');
  expect(readLatest(directory, 'nodes/0/stdout.log')).toContain('a part');
  expect(await shakedown(directory, ['exec', '0', '--', 'hostname'])).toMatchObject({ stdout: 'node0' });

  const { args, env } = await lent(directory);
  const other = folder({
    'big.sh': 'head -c 1G /dev/zero\n',
    'tty.sh': 'tty; stty size\n',
    'ask.sh': 'read answer; echo "[$answer]"; exit 3\n',
    'stay.sh': '(setsid env -i sleep 301 >/dev/null 2>&1 &); pwd; sleep 300\n',
    'deaf.sh': 'trap "" TERM; echo $$; while :; do sleep 0.1; done\n',
    'suicide.sh': '#!/bin/bash\necho farewell; kill -KILL $$\n',
  });
  await boundedMemory(other, ['script', 'big.sh', ...args], env);

  // script(1) gives it a terminal to hand on.
  const line = [process.execPath, program, 'script', 'tty.sh', ...args, '--tty', '-q'].join(' ');
  const typed = await execa('script', ['-qec', line, '/dev/null'], {
    ...{ cwd: other, env, input: '', reject: false, timeout: 60_000 },
  });
  expect(typed.stdout).toMatch(/\/dev\/pts\/\d+.*24 80/s);
  const alone = await shakedown(other, ['script', 'ask.sh', ...args, '--tty', '--timeout', '60'], env);
  expect(alone, 'who reads where nobody types finds the end').toMatchObject({ exitCode: 3, stdout: '[]' });
  const without = await shakedown(other, ['script', 'tty.sh', ...args], env);
  expect(without.all).toContain('--tty gives it one');

  const slow = await shakedown(other, ['script', 'stay.sh', ...args, '--timeout', '1', '--json'], env);
  expect(slow.stdout, 'it ran away from its session').toMatch(
    /ended what the script left running: .*sleep 301/,
  );
  const run: ScriptRun = JSON.parse(slow.stdout);
  expect(run).toMatchObject({ exitCode: 124, machines: [{ result: { timedOut: true } }] });
  expect(slow.exitCode).toBe(124);

  const deaf = await shakedown(other, ['script', 'deaf.sh', ...args, '--timeout', '1'], env);
  expect(deaf.exitCode, 'SIGKILL after SIGTERM').toBe(124);
  expect(await shakedown(directory, ['exec', '0', '--', `ls -d /proc/${deaf.stdout}`])).toMatchObject({
    stdout: '',
  });
  const suicide = await shakedown(other, ['script', 'suicide.sh', ...args], env);
  expect(suicide).toMatchObject({ exitCode: 137, stdout: 'farewell' });

  // Killed in the middle, it leaves neither its folder nor the script behind on a machine that is not ours.
  const killed = start(other, ['script', 'stay.sh', ...args], env);
  const pwd = () => readLatest(other, 'nodes/0/stdout.log').trim();
  await expect
    .poll(() => (existsSync(join(latest(other), 'nodes/0/stdout.log')) ? pwd() : ''))
    .toMatch(/^\/var/);
  killed.kill('SIGKILL');
  await killed;
  const remains = ['exec', '0', '--', `ls -d ${pwd()}; pgrep -x sleep`];
  await expect.poll(async () => (await shakedown(directory, remains)).stdout).toBe('');
});

/** A GiB comes through, and the program's memory does not grow with it. */
async function boundedMemory(
  directory: string,
  args: readonly string[],
  env: Record<string, string>,
): Promise<void> {
  const running = execa(process.execPath, [program, ...args], {
    ...{ cwd: directory, env, stdin: 'ignore', stdout: 'ignore', reject: false },
  });
  let peak = 0;
  const timer = setInterval(() => {
    const status = `/proc/${running.pid}/status`;
    if (existsSync(status))
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(readFileSync(status, 'utf8'))?.[1] ?? 0));
  }, 50);
  const { exitCode, stderr } = await running;
  clearInterval(timer);
  expect(exitCode, stderr).toBe(0);
  expect(statSync(join(latest(directory), 'nodes/0/stdout.log')).size).toBe(1024 ** 3);
  expect(peak).toBeGreaterThan(0);
  expect(peak, 'KiB').toBeLessThan(600 * 1024);
  rmSync(join(latest(directory), 'nodes/0/stdout.log'));
}

test('a script that cannot run is told before there is a machine', async () => {
  const directory = folder({ 'dos.sh': '#!/bin/sh\r\ntrue\r\n' });
  for (const [script, words] of [
    ['dos.sh', 'has DOS line ends'],
    ['missing.sh', 'There is no script'],
    ['.', 'is a folder, not a script'],
  ] as const) {
    const { exitCode, all } = await shakedown(directory, ['script', script, ...onNspawn]);
    expect(exitCode, all).toBe(2);
    expect(all).toContain(words);
    expect(all).not.toMatch(/^\s+at /m);
  }
  expect(existsSync(join(directory, '.shakedown'))).toBe(false);
});

test('on several machines: whose lines they are, a table, and only the failed ones are kept', async () => {
  const directory = folder({ 'it.sh': 'hostname; [ "$(hostname)" != 1 ]\n' });
  const run = await shakedown(directory, [
    ...['script', 'it.sh', ...onNspawn, '--matrix', 'cpus=1,2', '--keep-on-failure'],
  ]);
  expect(run.exitCode, run.all).toBe(1);
  expect(run.stdout.split('\n').sort()).toEqual(['1 | 1', '2 | 2']);
  expect(run.stderr).toMatch(/^1 +1 +.* nspawn, bookworm, kept$/m);
  expect(run.stderr).toMatch(/^2 +0 +.* nspawn, bookworm$/m);
  expect(await shakedown(directory, ['exec', '1', '--', 'hostname'])).toMatchObject({ stdout: '1' });
  const down = await shakedown(directory, ['down']);
  expect(down.exitCode, down.all).toBe(0);
  expect(await leftovers(clusterIds(directory))).toEqual([]);
});

test('a script that reboots its machine is told so', async () => {
  const directory = folder({ 'it.sh': '#!/bin/sh\nreboot\nexit 0\n' });
  const run = await shakedown(directory, ['script', 'it.sh', ...onNspawn]);
  expect(run.exitCode, run.all).toBe(3);
  expect(run.stderr).toMatch(/rebooted/);
  expect(await leftovers(clusterIds(directory))).toEqual([]);
});

const stages = {
  spawn: 'machines',
  connect: 'connect',
  send: 'ship',
  run: 'check',
  get: 'collect',
  destroy: 'destroy',
};

test('Ctrl-C at each stage leaves nothing', async () => {
  const endless = 'head -c 50M /dev/urandom > big; sleep 300\n';
  const directory = folder({ 'short.sh': 'head -c 50M /dev/urandom > big\n', 'endless.sh': endless });
  for (const [stage, phase] of Object.entries(stages)) {
    rmSync(latest(directory), { force: true });
    const script = stage === 'run' ? 'endless.sh' : 'short.sh';
    const run = start(directory, ['script', script, ...onNspawn, '--get', 'big']);
    await until(directory, `"phase-started","phase":"${phase}"`);
    run.kill('SIGINT');
    const { exitCode, all } = await run;
    expect(exitCode, `${stage}: ${all}`).toBe(stage === 'destroy' ? 0 : 130);
    if (stage === 'run' || stage === 'get') {
      expect(existsSync(join(latest(directory), 'nodes/0/files/big')), stage).toBe(true);
    }
    expect(await leftovers(clusterIds(directory)), stage).toEqual([]);
  }
});

test('Ctrl-C twice: the files are not waited for, and still nothing is left', async () => {
  const stubborn = 'trap "" TERM; echo half > half; while :; do sleep 0.2; done\n';
  const directory = folder({ 'it.sh': stubborn });
  const run = start(directory, ['script', 'it.sh', ...onNspawn, '--get', 'half']);
  await until(directory, '"phase-started","phase":"check"');
  run.kill('SIGINT');
  await sleep(700);
  run.kill('SIGINT');
  const { exitCode, all } = await run;
  expect(exitCode, all).toBe(130);
  expect(existsSync(join(latest(directory), 'nodes/0/files/half'))).toBe(false);
  expect(await leftovers(clusterIds(directory))).toEqual([]);
});

test('after a kill -9 reap takes away what is left', async () => {
  const directory = folder({ 'it.sh': 'sleep 300\n' });
  for (const phase of ['machines', 'check', 'destroy']) {
    rmSync(latest(directory), { force: true });
    const args = phase === 'destroy' ? ['--timeout', '0.1'] : [];
    const run = start(directory, ['script', 'it.sh', ...onNspawn, ...args]);
    await until(directory, `"phase-started","phase":"${phase}"`);
    await sleep(Math.random() * 100);
    run.kill('SIGKILL');
    await run;
    const reap = await shakedown(directory, ['reap']);
    expect(reap.exitCode, reap.all).toBe(0);
    expect(await leftovers(clusterIds(directory)), phase).toEqual([]);
  }
});
