import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import type { DistributeResult } from '../../../main/distribute/results/distribute-result.ts';
import type { Cluster } from '../../../main/providers/provider.ts';
import type { Remote } from '../../../main/remotes/remote.ts';
import { latest, program, readLatest, start, write } from '../harness.ts';
import { connect, ctx, make, provider, remains } from '../nspawn-cluster.ts';

/*
 * Three machines that exist, on which one may log in as `ann`: she may become
 * root there, which nothing asks for.
 */
let cluster: Cluster;
let remotes: Remote[];
let directory: string;
let env: Record<string, string>;
const runners = ['--runners', '2'];

beforeAll(async () => {
  cluster = await make(3, {}, { user: 'ann' });
  remotes = await connect(cluster);
  // A place with little room, for a disk that is full.
  await remotes[1]?.exec('mkdir /srv/small && mount -t tmpfs -o size=3m,mode=777 none /srv/small', {
    root: true,
  });
  // Who may become root without being asked would hide that something does.
  await Promise.all(remotes.map((remote) => remote.exec('rm /etc/sudoers.d/shakedown', { root: true })));
});

afterAll(async () => {
  await Promise.all(remotes.map((remote) => remote[Symbol.asyncDispose]()));
  await provider.destroy({ id: cluster.id }, ctx);
  expect(await remains([cluster.id])).toEqual([]);
});

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'shakedown-distribute-e2e-'));
  env = { HOME: join(directory, 'home'), SSH_AUTH_SOCK: '' };
  const known = cluster.machines.map(({ address, ssh }) => `${address} ${ssh.hostKey}\n`);
  write(directory, 'home/.ssh/known_hosts', known.join(''));
  write(directory, '.gitignore', 'home/\n');
  return () => rmSync(directory, { recursive: true, force: true });
});

/** The machines' login, as the command line has it. */
function onNodes(machines = cluster.machines): string[] {
  const key = machines[0]?.ssh.keyFile ?? '';
  return ['--nodes', machines.map(({ address }) => `ann@${address}`).join(','), '--key', key, ...runners];
}

const distribute = (args: readonly string[]) => start(directory, ['distribute', ...args], env);

const result = (): DistributeResult => JSON.parse(readLatest(directory, 'distribute.json'));

/** Processes of ann's tests on a node. */
const sleepers = async (remote: Remote | undefined): Promise<string> =>
  (await remote?.exec('pgrep -x sleep -u ann || true'))?.stdout.trim() ?? '';

/** Distributions have their places on a disk with little room, for this test. */
async function onSmallDisk(remote: Remote | undefined): Promise<void> {
  await remote?.exec('mkdir -p .local && rm -rf .local/share /srv/small/* && ln -s /srv/small .local/share');
  onTestFinished(async () => void (await remote?.exec('rm -rf .local/share /srv/small/*')));
}

/** Waits until so many files of the run under way have begun. */
async function untilBegun(files: number): Promise<void> {
  const log = join(latest(directory), 'distribute.log');
  const begun = () => (existsSync(log) ? readFileSync(log, 'utf8').match(/begun/g)?.length : 0) ?? 0;
  await expect.poll(begun, { interval: 50, timeout: 90_000 }).toBeGreaterThanOrEqual(files);
}

test('a suite runs as who logs in, on all nodes; the next time nothing is sent again', async () => {
  for (let file = 0; file < 12; file += 1) {
    write(
      directory,
      `test/t${file}.sh`,
      'echo begun; until [ -e /tmp/all ]; do sleep 0.1; done; id -un; hostname; pwd; [ "$(cat data)" = 7 ]\n',
    );
  }
  write(directory, 'test/bad.sh', 'echo it is bad >&2; exit 3\n');
  write(directory, 'test/leak.sh', `exec perl -e '$x = "x" x 300e6; sleep 300'\n`);
  write(directory, 'data', '7\n');
  write(
    directory,
    'distribute.config.ts',
    `export default { files: 'test/*.sh', command: 'sh {file}', limits: { memory: '200M' },
      hooks: { node_setup: '[ $(hostname) != n2 ] || { echo broken here; exit 5; }' } };`,
  );
  const running = distribute(onNodes());
  // The four runners of the two nodes that are of use.
  await untilBegun(4);
  await Promise.all(remotes.slice(0, 2).map((remote) => remote.exec('touch /tmp/all')));
  const first = await running;
  expect(first.exitCode, first.all).toBe(1);
  expect(first.all).toMatch(/node 0: sent 17 files, [\d.]+ k?B/);
  expect(first.stdout).toMatch(/✗ test\/bad.sh: it exits with 3\n {4}it is bad/);
  expect(first.stdout, 'one node is of no use, and the others go on').toMatch(
    /! node 2: it is of no use: node_setup failed.*exit 5.*broken here/s,
  );
  const { files } = result();
  expect(files.map(({ verdict }) => verdict)).toEqual(['fail', 'fail', ...Array(12).fill('pass')]);
  expect(files[1]?.message, 'measured without root').toMatch(/^it was out of memory: it had \d+ MB/);
  expect(new Set(files.map(({ ran }) => ran?.node))).toEqual(new Set([0, 1]));
  const log = readLatest(directory, 'distribute.log');
  expect(log).toMatch(/ node0 0_[01] test\/t\d+.sh \| ann$/m);
  expect(log).toMatch(
    / \| \/home\/ann\/\.local\/share\/shakedown\/distribute\/\S+-shakedown-distribute-\S+\/project$/m,
  );
  const again = await distribute(onNodes(cluster.machines.slice(0, 2)));
  expect(again.all).toMatch(/node 0: sent 0 files, 0 B/);
});

test('a service that dies on one node while the last files run: they pass elsewhere, and the node is told', async () => {
  const service = '$(cat ../service)';
  // Each of the four runners has one of the second ones while the service on the first node goes.
  for (let file = 0; file < 4; file += 1) {
    write(directory, `test/a${file}.sh`, `kill -0 ${service} # ${'and so on '.repeat(50)}\n`);
    write(
      directory,
      `test/b${file}.sh`,
      `echo begun; [ $(hostname) != n1 ] || { until [ -e /tmp/gone ]; do sleep 0.1; done; exit 0; }
while kill -0 ${service}; do sleep 0.1; done; exit 4\n`,
    );
  }
  write(
    directory,
    'distribute.config.ts',
    `export default { files: 'test/*.sh', command: 'sh {file}', copies: false,
      hooks: { node_setup: 'sleep 600 & echo $! >../service' } };`,
  );
  const nodes = cluster.machines.slice(0, 2);
  const running = distribute(onNodes(nodes));
  await untilBegun(4);
  await remotes[0]?.exec('kill $(cat .local/share/shakedown/distribute/*/service)');
  await remotes[1]?.exec('touch /tmp/gone');
  const { exitCode, all } = await running;
  expect(exitCode, all).toBe(0);
  expect(all).toMatch(/node 0 may be broken, for the last 2 files that it had have failed \(/);
  expect(all).toMatch(/node 0: it is broken: it failed 2 files running that pass elsewhere/);
  const { files, broken } = result();
  expect(files.filter(({ verdict }) => verdict !== 'pass')).toEqual([]);
  expect(files.filter(({ file }) => file.includes('/b')).map(({ ran }) => ran?.node)).toEqual([1, 1, 1, 1]);
  expect(broken).toEqual(['0_0', '0_1']);
});

test('a node that loses its power, an agent and a process that are killed: every file has its result', async () => {
  for (let file = 0; file < 24; file += 1) write(directory, `test/t${file}.sh`, 'echo begun; exec sleep 3\n');
  const running = distribute([...onNodes(), 'test/*.sh', '--', 'sh', '{file}']);
  await untilBegun(6);
  const [n0, n1, n2] = cluster.machines;
  if (!n0 || !n1 || !n2) throw new Error('there are no machines');
  const lastOn = (node: string) => {
    const line = new RegExp(` ${node} (\\d_\\d) (test/\\S+) \\| begun$`, 'gm');
    const begun = readLatest(directory, 'distribute.log').matchAll(line);
    return [...new Map([...begun].map(([, runner = '', file = '']) => [runner, file])).values()];
  };
  const killed = lastOn('node0');
  await remotes[0]?.exec('pkill -KILL -x sleep -u ann');
  // A file that is taken down twice is an error: these have ended elsewhere before more is broken.
  const passed = (file: string) =>
    readLatest(directory, 'events.ndjson').includes(`"file":"${file}","verdict":"pass"`);
  await expect.poll(() => killed.every(passed), { interval: 50, timeout: 90_000 }).toBe(true);
  await provider.powerOff({ cluster, machine: n2.id }, ctx);
  try {
    const lost = lastOn('node2');
    await expect.poll(() => lost.every(passed), { interval: 50, timeout: 90_000 }).toBe(true);
    await remotes[1]?.exec('pkill -KILL -u ann -f -- --shared');
    const { exitCode, all } = await running;
    expect(exitCode, all).toBe(0);
    const { files, outOfUse } = result();
    expect(files).toHaveLength(24);
    expect(files.filter(({ verdict }) => verdict !== 'pass')).toEqual([]);
    expect(new Set(outOfUse.map(({ node }) => node))).toEqual(new Set([1, 2]));
    await expect.poll(() => sleepers(remotes[1]), { timeout: 20_000 }).toBe('');
  } finally {
    await provider.powerOn({ cluster, machine: n2.id }, ctx);
  }
});

test('a node whose network is cut ends all that it runs by itself, and others run its files', async () => {
  // So long that each node gets some, also the one that was off and may boot still.
  for (let file = 0; file < 16; file += 1)
    write(
      directory,
      `test/t${file}.sh`,
      'echo begun; [ "$(hostname)" != n2 ] || exec sleep 31415; sleep 3\n',
    );
  const running = distribute([...onNodes(), 'test/*.sh', '--', 'sh', '{file}']);
  // The machines' processes are this host's, too.
  const there = async () => (await execa('pgrep', ['-fx', 'sleep 31415'], { reject: false })).stdout;
  await expect.poll(there, { interval: 50, timeout: 90_000 }).not.toBe('');
  const route = ['blackhole', `${cluster.machines[2]?.address}/32`];
  await execa('ip', ['route', 'add', ...route]);
  const begin = performance.now();
  try {
    await expect.poll(there, { interval: 100, timeout: 60_000 }).toBe('');
    expect(performance.now() - begin, 'ms').toBeLessThan(20_000);
    const { exitCode, all } = await running;
    expect(exitCode, all).toBe(0);
  } finally {
    await execa('ip', ['route', 'del', ...route]);
  }
  const { files, outOfUse } = result();
  expect(files.map(({ verdict }) => verdict)).toEqual(Array(16).fill('pass'));
  expect(new Set(outOfUse.map(({ node }) => node))).toEqual(new Set([2]));
});

test('a node whose disk is full is of no use, and others do its files', async () => {
  await onSmallDisk(remotes[1]);
  const args = [...onNodes(cluster.machines.slice(1)), '--json', 'test/*.sh', '--', 'sh', '{file}'];
  for (let file = 0; file < 24; file += 1) {
    write(directory, `test/t${file}.sh`, 'sleep 0.2; echo "it needs some room" > "out.$$"\n');
  }
  write(directory, 'big', 'x'.repeat(5_000_000));
  const { all, exitCode, stdout } = await distribute(args);
  expect(exitCode, all).toBe(0);
  const { files, outOfUse }: DistributeResult = JSON.parse(stdout);
  expect(outOfUse).toMatchObject([{ node: 0, message: expect.stringMatching(/no use: .*no space left/i) }]);
  expect(files.filter(({ verdict }) => verdict !== 'pass')).toEqual([]);
});

test('a node whose disk fills while tests run is of no use any more, and none of its files fails for that', async () => {
  await onSmallDisk(remotes[1]);
  // Somebody else's log, as it were.
  const fill = '[ "$(hostname)" != n1 ] || { cat /dev/zero >> /srv/small/fill; sleep 0.2; }';
  for (let file = 0; file < 8; file += 1)
    write(directory, `test/t${file}.sh`, `sleep 0.5; ${fill}; echo "it needs some room" > "out.$$"\n`);
  const args = [...onNodes(cluster.machines.slice(1)), '--json', 'test/*.sh', '--', 'sh', '{file}'];
  const { all, exitCode, stdout } = await distribute(args);
  expect(exitCode, all).toBe(0);
  const { files, outOfUse, failures }: DistributeResult = JSON.parse(stdout);
  const why = /^it is of no use any more: nothing can be written to \S+reports any more: .*no space left/i;
  expect(outOfUse).toEqual([{ node: 0, message: expect.stringMatching(why) }]);
  expect(files.filter(({ verdict }) => verdict !== 'pass')).toEqual([]);
  expect(failures).toEqual([]);
});

test('a main process that is killed leaves nothing running on any node, and the next distribution works', async () => {
  write(directory, 'test/a.sh', '(setsid sleep 300 &) ; echo begun; sleep 300\n');
  for (const name of ['b', 'c', 'd']) write(directory, `test/${name}.sh`, 'echo begun; sleep 300\n');
  const two = onNodes(cluster.machines.slice(0, 2));
  const args = [program, 'distribute', ...two, 'test/*.sh', '--', 'sh', '{file}'];
  const main = execa(process.execPath, args, { cwd: directory, env, reject: false, stdin: 'ignore' });
  await untilBegun(4);
  expect(await sleepers(remotes[0])).not.toBe('');
  const begin = performance.now();
  main.kill('SIGKILL');
  await main;
  for (const remote of remotes.slice(0, 2)) {
    await expect.poll(() => sleepers(remote), { interval: 100, timeout: 20_000 }).toBe('');
  }
  expect(performance.now() - begin, 'ms').toBeLessThan(5000);
  const next = await distribute([...two, 'test/*.sh', '--', 'true', '{file}']);
  expect(next.exitCode, next.all).toBe(0);
});

test('Ctrl-C ends all tests on all nodes, runs the last hooks there, and tells what was not run', async () => {
  for (let file = 0; file < 6; file += 1)
    write(directory, `test/t${file}.sh`, '(setsid sleep 300 &) ; echo begun; sleep 300\n');
  const hook = 'echo it is torn down on $(hostname)';
  const config = `export default { files: 'test/*.sh', command: 'sh {file}', hooks: { node_teardown: '${hook}' } };`;
  write(directory, 'distribute.config.ts', config);
  const two = onNodes(cluster.machines.slice(0, 2));
  const main = execa(process.execPath, [program, 'distribute', ...two], {
    ...{ cwd: directory, env, reject: false, stdin: 'ignore', all: true },
  });
  await untilBegun(4);
  const begin = performance.now();
  main.kill('SIGINT');
  for (const remote of remotes.slice(0, 2))
    await expect.poll(() => sleepers(remote), { interval: 100, timeout: 20_000 }).toBe('');
  expect(performance.now() - begin, 'ms').toBeLessThan(5000);
  const { exitCode, all } = await main;
  expect(exitCode, all).toBe(130);
  expect(result().files.map(({ verdict }) => verdict)).toEqual(Array(6).fill('skip'));
  for (const node of ['n0', 'n1'])
    expect(readLatest(directory, 'distribute.log')).toContain(`| it is torn down on ${node}`);
});

test('projects of known kinds need no word; their machines come with the frameworks: pytest and RSpec', async () => {
  env = {};
  write(directory, 'py/conftest.py', '');
  write(directory, 'py/tests/test_a.py', 'def test_one(): pass\ndef test_two(): assert 1 == 2, "no <way>"\n');
  write(directory, 'py/tests/test_b.py', 'class TestB:\n    def test_three(self): pass\n');
  write(directory, 'py/tests/test_none.py', '');
  write(directory, 'rb/.rspec', '');
  write(
    directory,
    'rb/spec/a_spec.rb',
    "RSpec.describe('A') { it('works') { }; it('fails') { raise 'no' } }\n",
  );
  write(directory, 'rb/spec/b_spec.rb', "RSpec.describe('B') { it('works') { expect(1).to eq 1 } }\n");
  const config = `import { defineDistribution, nspawn } from 'shakedown';
    export default defineDistribution({ machines: nspawn({ count: 1, packages: ['python3-pytest', 'ruby-rspec'] }), runners: 2 });`;
  const tests: Record<string, unknown> = {};
  for (const project of ['py', 'rb']) {
    write(directory, `${project}/distribute.config.ts`, config);
    const { exitCode, all, stdout } = await start(join(directory, project), ['distribute', '--json']);
    expect(exitCode, all).toBe(1);
    const { files }: DistributeResult = JSON.parse(stdout);
    for (const { file, verdict, tests: own } of files) {
      tests[file] = [verdict, ...own.map((each) => `${each.name} ${each.verdict}`)];
    }
  }
  expect(tests).toEqual({
    'tests/test_a.py': ['fail', 'test_one pass', 'test_two fail'],
    'tests/test_b.py': ['pass', 'TestB.test_three pass'],
    'tests/test_none.py': ['pass'],
    'spec/a_spec.rb': ['fail', 'A works pass', 'A fails fail'],
    'spec/b_spec.rb': ['pass', 'B works pass'],
  });
});
