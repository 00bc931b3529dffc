import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  clusterIds,
  latest,
  leftovers,
  mainConfig,
  nodeConfig,
  readLatest,
  result,
  scenario,
  shakedown,
  write,
} from './harness.ts';

const oneNode = mainConfig('nodes: nspawn({ count: 1 })');

/** The run failed as it should, said why, and left nothing. */
async function expectRun(
  directory: string,
  exitCode: number,
  words: readonly (string | RegExp)[],
  args: string[] = [],
) {
  const run = await shakedown(directory, ['run', ...args]);
  for (const each of words) expect(run.all).toMatch(each);
  expect(run.exitCode, run.all).toBe(exitCode);
  expect(run.all).not.toMatch(/^\s+at .*:\d+:\d+/m);
  expect(await leftovers(clusterIds(directory))).toEqual([]);
  return run;
}

test('a config with several mistakes: all are told at once, no machine is made', async () => {
  const directory = scenario({
    'config/main.config.ts': mainConfig(
      "nodes: nspawn({ count: 1 }), timeouts: { conect: 3 }, packages: 'curl'",
    ),
    'config/node.config.ts': nodeConfig("services: [{ name: 'x' }]"),
  });
  await expectRun(directory, 2, [/conect/, /connect/, /packages/, /services\[0\]/]);
  expect(clusterIds(directory)).toEqual([]);
});

test('a template with an undefined name: file, line and name are told, no machine is made', async () => {
  const directory = scenario({ 'node_files/a.conf.tmpl': 'fine\nport <{ prot }>\n' });
  await expectRun(directory, 2, [/a\.conf\.tmpl/, /2/, /prot/]);
  expect(clusterIds(directory)).toEqual([]);
});

test('a node that refuses the connection, and one that never answers', async () => {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  onTestFinished(() => void silent.close());
  await new Promise((resolve) => silent.once('listening', resolve));
  const { port } = silent.address() as { port: number };
  const limits = 'timeouts: { connect: 2 }';
  const refusing = scenario({
    'config/main.config.ts': mainConfig(`nodes: ssh(['root@127.0.0.1:1']), ${limits}`),
  });
  await expectRun(refusing, 3, [/Node 0 \(127\.0\.0\.1\), connect/, /ECONNREFUSED|refused/]);
  const never = scenario({
    'config/main.config.ts': mainConfig(`nodes: ssh(['root@127.0.0.1:${port}']), ${limits}`),
  });
  await expectRun(never, 3, [/Node 0 \(127\.0\.0\.1\), connect/, /says nothing/]);
});

test('an apt package that does not exist: apt’s own words, and the evidence all the same', async () => {
  const directory = scenario({ 'config/node.config.ts': nodeConfig("packages: ['no-such-package-at-all']") });
  await expectRun(directory, 3, [/Node 0 .*install/, /no-such-package-at-all/]);
  expect(existsSync(join(latest(directory), 'nodes/0/logs/journal.log'))).toBe(true);
});

test('a service that never becomes ready: what was asked last, and its last lines', async () => {
  const directory = scenario({
    'config/node.config.ts': nodeConfig(
      "services: [{ name: 'loop', command: 'exec sh loop.sh', ready: { tcp: 4711 }, readyWithin: 2 }]",
    ),
  });
  await expectRun(directory, 1, [/'loop' was not ready/, /4711/, /looping/]);
});

test('a service that dies once it was ready fails the run, though all checks pass', async () => {
  const directory = scenario({
    'config/main.config.ts': mainConfig(
      "nodes: nspawn({ count: 1 }), checks: [command({ name: 'still here', command: 'sleep 4', on: 'main' })]",
    ),
    'config/node.config.ts': nodeConfig(
      "services: [{ name: 'brief', command: 'echo so long; sleep 2; exit 9' }]",
    ),
  });
  await expectRun(directory, 1, [/'brief'/, /9/, /so long/]);
  expect(result(directory).checks.map((check) => check.verdict)).toEqual(['pass']);
});

test('a check that hangs is ended and named', async () => {
  const directory = scenario({
    'config/main.config.ts': mainConfig('nodes: nspawn({ count: 1 }), timeouts: { check: 5 }'),
    'config/checks/hang.check.ts': `import { test } from 'shakedown/check';
test('never comes back', () => { while (true) {} });\n`,
  });
  await expectRun(directory, 1, [/never comes back/]);
  expect(readLatest(directory, 'nodes/0/logs/loop.log')).toContain('looping');
});

test('a full disk on a node: told with the place, and the evidence comes home', async () => {
  const directory = scenario({
    'config/node.config.ts': nodeConfig(
      "setup: [{ name: 'small disk', run: 'mkdir -p /srv/small && mount -t tmpfs -o size=1m none /srv/small' }]",
    ),
  });
  expect(await shakedown(directory, ['run', '--keep'])).toMatchObject({ exitCode: 0 });
  write(directory, 'config/node.config.ts', nodeConfig("workingDir: '/srv/small/work'"));
  write(directory, 'node_files/big', 'x'.repeat(3_000_000));
  const run = await shakedown(directory, ['rerun']);
  expect(run.all).toMatch(/no space left/i);
  expect(run.exitCode, run.all).toBe(3);
  expect(existsSync(join(latest(directory), 'nodes/0/logs/journal.log'))).toBe(true);
});

describe('no disk space on the main host', () => {
  /** A folder on a disk of its own, which is full but for `free` KiB. */
  async function smallDisk(directory: string, free: number): Promise<string> {
    const place = join(directory, 'small');
    mkdirSync(place);
    await execa('mount', ['-t', 'tmpfs', '-o', `size=${free}k`, 'none', place]);
    onTestFinished(async () => void (await execa('umount', ['--lazy', place])));
    return place;
  }

  test.each([
    // A run first puts the agent's Node.js there.
    [250_000, ['run']],
    [120_000, ['script', 'it.sh', '--provider', 'nspawn']],
  ])(
    'for an image, %i KiB for %j: where, and how much is needed; no part of it stays',
    async (free, args) => {
      const directory = scenario({ 'it.sh': 'true\n' });
      const cache = await smallDisk(directory, free);
      const { exitCode, all } = await shakedown(directory, args, { SHAKEDOWN_CACHE: cache });
      expect(exitCode, all).toBe(3);
      expect(all).toContain(`there is no space for the bookworm base tree in ${cache}`);
      expect(all).toContain('make room for half a gigabyte');
      expect(readdirSync(join(cache, 'trees')).filter((name) => !name.endsWith('.lock'))).toEqual([]);
      expect(await leftovers(clusterIds(directory))).toEqual([]);
    },
  );

  test('for the evidence: what fits is kept, and the machines are gone', async () => {
    const directory = scenario({
      'config/node.config.ts': nodeConfig(
        "setup: [{ name: 'much', run: 'head -c 40M /dev/urandom > much; echo small > small' }]",
      ),
    });
    mkdirSync(join(directory, '.shakedown'));
    await execa('mount', ['-t', 'tmpfs', '-o', 'size=20m', 'none', join(directory, '.shakedown')]);
    onTestFinished(async () => void (await execa('umount', ['--lazy', join(directory, '.shakedown')])));
    await expectRun(directory, 3, [
      /no space left on the main host for .*runs/,
      /try: free some space: df -h/,
    ]);
    expect(existsSync(join(latest(directory), 'tester.log'))).toBe(true);
    expect(statSync(join(latest(directory), 'nodes/0/files/much')).size).toBeGreaterThan(1024 ** 2);
  });

  test('for what a run leaves', async () => {
    const directory = scenario({ 'it.sh': 'true\n' });
    const full = await smallDisk(directory, 40);
    write(full, 'it.sh', 'true\n');
    await execa('sh', ['-c', 'cat /dev/zero > fill'], { cwd: full, reject: false });
    const { exitCode, all } = await shakedown(full, ['script', 'it.sh', '--provider', 'nspawn']);
    expect(exitCode, all).toBe(3);
    expect(all).toMatch(/lies in .*small, and nothing can be written there: ENOSPC/);
    expect(all).toContain('try: make room on that disk');
    expect(all).not.toMatch(/^\s+at /m);
  });
});

test('odd file names travel both ways, and a log of 1 GB comes home', async () => {
  const name = 'a b\'"\nü';
  const directory = scenario({
    [`node_files/${name}`]: 'odd\n',
    'config/node.config.ts': nodeConfig(
      "setup: [{ name: 'big', run: 'head -c 1073741824 /dev/zero > big.log' }]",
    ),
  });
  await expectRun(directory, 0, [/PASS/]);
  expect(readFileSync(join(latest(directory), 'nodes/0/files', name), 'utf8')).toBe('odd\n');
  expect(statSync(join(latest(directory), 'nodes/0/files/big.log')).size).toBe(1073741824);
});

test('a missing scenario and unknown words on the command line', async () => {
  const directory = scenario({ 'config/main.config.ts': oneNode });
  expect(await shakedown(directory, ['run', 'nowhere'])).toMatchObject({ exitCode: 2 });
  expect((await shakedown(directory, ['rnu'])).all).toContain("Did you mean 'run'");
  expect(await shakedown(directory, ['run', '--no-such-flag'])).toMatchObject({ exitCode: 2 });
});
