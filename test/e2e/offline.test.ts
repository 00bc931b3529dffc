import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { runningAptCacher } from '../../main/packages/apt-cacher.ts';
import type { Cluster } from '../../main/providers/provider.ts';
import { newClusterId } from '../../main/run/machines/make-machines.ts';
import { mainConfig, nodeConfig, readLatest, result, scenario, shakedown, write } from './harness.ts';
import { connect, ctx, make, provider, remains } from './nspawn-cluster.ts';

/** Machines that exist, as far as shakedown knows: it is told their addresses, and that it may use ssh. */
const id = newClusterId();
let cluster: Cluster;

beforeAll(async () => {
  cluster = await make(2, { internet: false }, { cluster: id });
});
afterAll(async () => {
  await provider.destroy({ id }, ctx);
  expect(await remains([id])).toEqual([]);
});

/** A scenario that borrows them, with a cache of its own in which there are no packages. */
function borrowing(main: string, node: string) {
  const hosts = cluster.machines.map(({ address }) => `'root@${address}'`).join(', ');
  const directory = scenario({
    'config/main.config.ts': mainConfig(`nodes: ssh([${hosts}]), ${main}`),
    'config/node.config.ts': nodeConfig(node),
  });
  const known = cluster.machines.map(({ address, ssh }) => `${address} ${ssh.hostKey}\n`);
  write(directory, 'home/.ssh/known_hosts', known.join(''));
  const keyFile = cluster.machines[0]?.ssh.keyFile ?? '';
  const env = {
    HOME: join(directory, 'home'),
    SSH_AUTH_SOCK: '',
    SHAKEDOWN_CACHE: join(directory, 'cache'),
  };
  const run = () => shakedown(directory, ['run', '-k', keyFile], env);
  return { directory, run };
}

const installedOn = (directory: string) =>
  [0, 1].map((node) => result(directory).installed[node]?.map(({ name }) => name));

test('the nodes have no way out', async () => {
  const remotes = await connect(cluster);
  for (const remote of remotes) {
    expect((await remote.exec('ip route show default')).stdout).toBe('');
    expect((await remote.exec('ping -c1 -W2 192.0.2.1')).stderr).toContain('Network is unreachable');
    await remote[Symbol.asyncDispose]();
  }
});

test("by packagesVia: 'main' they get their packages over ssh, each package once for all nodes", async () => {
  expect(await runningAptCacher()).toBeUndefined();
  const { directory, run } = borrowing("packagesVia: 'main'", "packages: ['hello']");
  const { exitCode, all } = await run();
  expect(exitCode, all).toBe(0);
  expect(installedOn(directory)).toEqual([['hello'], ['hello']]);
  const log = readLatest(directory, 'tester.log');
  expect(log).toContain('packages reach the nodes over ssh, by a proxy of this run');
  expect(log.match(/apt proxy: fetching .*\/hello_/g)).toHaveLength(1);
});

test('by way of apt-cacher-ng where that runs on the main host', async () => {
  const { directory, run } = borrowing("packagesVia: 'main'", "packages: ['pv']");
  const cacher = await startAptCacher(join(directory, 'apt-cacher'));
  const { exitCode, all } = await run();
  expect(exitCode, all).toBe(0);
  expect(installedOn(directory)).toEqual([['pv'], ['pv']]);
  const log = readLatest(directory, 'tester.log');
  expect(log).toContain('packages reach the nodes over ssh, by apt-cacher-ng (port 3142)');
  expect(log).not.toContain('apt proxy: fetching');
  await cacher.stop();
  // `I` is what came in, `O` what went out.
  const lines = readFileSync(join(directory, 'apt-cacher/log/apt-cacher.log'), 'utf8').split('\n');
  const of = (kind: string) => lines.filter((line) => line.includes(`|${kind}|`) && /\/pv_/.test(line));
  expect([of('I').length, of('O').length]).toEqual([1, 2]);
});

/** Debian's apt-cacher-ng with settings and a cache of its own, on its usual port. */
async function startAptCacher(home: string) {
  for (const folder of ['cache', 'log']) mkdirSync(join(home, folder), { recursive: true });
  const settings = {
    CacheDir: join(home, 'cache'),
    LogDir: join(home, 'log'),
    PidFile: join(home, 'pid'),
    SocketPath: join(home, 'socket'),
    SupportDir: '/usr/lib/apt-cacher-ng',
    BindAddress: '127.0.0.1',
    Port: '3142',
    ReportPage: 'acng-report.html',
    VerboseLog: '1',
    ForeGround: '1',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}: ${value}\n`);
  write(home, 'config/acng.conf', lines.join(''));
  const running = execa('apt-cacher-ng', ['-c', join(home, 'config')], { reject: false, all: true });
  const stop = async () => {
    running.kill();
    await running;
  };
  onTestFinished(stop);
  await expect.poll(() => runningAptCacher()).toBe(3142);
  return { stop };
}
