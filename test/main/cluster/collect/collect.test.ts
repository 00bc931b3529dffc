import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Agent } from '../../../../main/agent/agent.ts';
import { collectConsole, collectNode } from '../../../../main/cluster/collect/collect.ts';
import { collectReports } from '../../../../main/cluster/collect/collect-reports.ts';
import type { Reached } from '../../../../main/cluster/collect/collecting.ts';
import type { Remote } from '../../../../main/remotes/remote.ts';
import { fakeScenario } from '../../../fakes/fake-world.ts';
import { folder, never, node } from '../../remotes/fake-node.ts';

let remote: Remote;
let there: string;
let directory: string;
beforeEach(async () => {
  remote = await (await node()).connect();
  there = folder();
  directory = join(folder(), 'nodes', '0');
});

/** What an agent tells under a name: the output of a command of this machine. */
interface Told {
  readonly name: string;
  readonly command: string;
}

/** A node with this machine's shell, whose agent names these reports and paths. */
function reached(reports: readonly Told[], paths: readonly string[] = []): Reached {
  const fetch = async ({ name, command }: Told, open: Parameters<Agent['reports']>[1]): Promise<string[]> => {
    const sink = await open(name);
    const child = spawn('sh', ['-c', command], { stdio: ['ignore', 'pipe', 'ignore'] });
    return pipeline(child.stdout, sink).then(
      () => [],
      (error: Error) => [`${name}: ${error.message}`],
    );
  };
  const agent: Partial<Agent> = {
    call: async () => ({ paths, unmatched: [], problems: [] }) as never,
    reports: async (_params, open) =>
      (await Promise.all(reports.map((report) => fetch(report, open)))).flat(),
    download: (...args) => remote.download(...args),
  };
  const config = { ...fakeScenario(1).nodeConfig({} as never, {} as never), workingDir: join(there, 'work') };
  return { config, agent: agent as Agent, remote };
}
const options = () => ({ directory, sinceMs: 0, signal: never });
const home = (...path: string[]) => readFileSync(join(directory, ...path), 'utf8');

test('what the node sends lies in folders of its own: working files, collected paths, reports', async () => {
  mkdirSync(join(there, 'work'));
  writeFileSync(join(there, 'work', 'app.conf'), 'app');
  writeFileSync(join(there, 'other.log'), 'other');
  const all = reached(
    [{ name: 'journal.log', command: 'echo journal' }],
    [join(there, 'work'), join(there, 'other.log')],
  );
  expect(await collectNode(all, options())).toEqual([]);
  expect(home('files/app.conf')).toBe('app');
  expect(home('logs/collected', there, 'other.log')).toBe('other');
  expect(home('logs/journal.log')).toBe('journal\n');
});

test('a sparse file of 10 GB comes home as one: no more is sent, or takes space, than it holds', async () => {
  mkdirSync(join(there, 'work'));
  const file = join(there, 'work', 'sparse');
  writeFileSync(file, randomBytes(100_000));
  truncateSync(file, 5 * 1024 ** 3);
  appendFileSync(file, 'in the midst');
  truncateSync(file, 10 * 1024 ** 3);
  let sent = 0;
  const whole = reached([], [join(there, 'work')]);
  const agent: Agent = {
    ...whole.agent,
    download: async (paths, into, more) => {
      const downloaded = await remote.download(paths, into, more);
      sent += downloaded.bytes;
      return downloaded;
    },
  };
  expect(await collectNode({ ...whole, agent }, options())).toEqual([]);
  const came = statSync(join(directory, 'files/sparse'));
  expect(came.size).toBe(10 * 1024 ** 3);
  expect(came.blocks * 512).toBeLessThan(1024 ** 2);
  expect(sent).toBeLessThan(1024 ** 2);
  const middle = Buffer.alloc(12);
  const opened = openSync(join(directory, 'files/sparse'), 'r');
  readSync(opened, middle, 0, 12, 5 * 1024 ** 3);
  closeSync(opened);
  expect(middle.toString()).toBe('in the midst');
});

test('without an agent the globs are followed all the same, and links bring what they lead to', async () => {
  mkdirSync(join(there, 'work'));
  writeFileSync(join(there, 'work/app.conf'), 'app');
  mkdirSync(join(there, 'releases/7'), { recursive: true });
  writeFileSync(join(there, 'releases/7/one.log'), 'seven');
  symlinkSync('releases/7', join(there, 'current'));
  symlinkSync('nowhere', join(there, 'broken'));
  writeFileSync(join(there, 'a{b}.txt'), 'odd');
  const whole = reached([]);
  const agent = { ...whole.agent, call: () => Promise.reject(new Error('it is gone')) };
  const collect = ['current', 'broken', 'a{b}.txt', '*.none', 'releases/{7,8}/*.log'].map((path) =>
    join(there, path),
  );
  const unmatched: string[] = [];
  const onUnmatched = (globs: readonly string[]) => void unmatched.push(...globs);
  const node = { ...whole, agent, config: { ...whole.config, collect } };
  const problems = await collectNode(node, { ...options(), onUnmatched });
  expect(unmatched).toEqual([join(there, '*.none')]);
  expect(problems).toEqual([
    'listing what to collect: it is gone',
    `${there}/broken: a link to nowhere, which is not there`,
  ]);
  expect(home('files/app.conf')).toBe('app');
  expect(home('logs/collected', there, 'releases/7/one.log')).toBe('seven');
  expect(home('logs/collected', there, 'current/one.log')).toBe('seven');
  expect(home('logs/collected', there, 'a{b}.txt')).toBe('odd');
});

test('a disk that is full is told as that: of files, and of reports', async () => {
  mkdirSync(join(there, 'work'));
  writeFileSync(join(there, 'work', 'big'), randomBytes(2 * 1024 ** 2));
  mkdirSync(directory, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', directory]);
  try {
    const told: string[] = [];
    const noRoom = () => void told.push('full');
    await collectNode(reached([], [join(there, 'work')]), { ...options(), noRoom });
    expect(told).toEqual(['full']);
    const long = [{ name: 'journal.log', command: 'head -c 2M /dev/zero' }];
    await collectReports(reached(long), { ...options(), noRoom });
    expect(told).toEqual(['full', 'full']);
  } finally {
    execFileSync('umount', [directory]);
  }
});

describe('a node that wants to reach the main host', () => {
  test.each(['../../../evil', '/tmp/evil', 'a/b', '..', '', '.hidden', 'a\0b'])(
    'writes nothing by a report called %j',
    async (name) => {
      const problems = await collectReports(reached([{ name, command: 'echo evil' }]), options());
      expect(problems).toEqual([expect.stringMatching(/: '.*' is not the name of a file$/)]);
      expect(readdirSync(join(directory, 'logs'))).toEqual([]);
      expect(readdirSync(join(directory, '..', '..'))).toEqual(['nodes']);
    },
  );

  test('finds no way by links that it sends, neither for reports nor for the console', async () => {
    const outside = folder();
    mkdirSync(join(there, 'work'));
    const names = ['console.log', 'journal.log', 'collected'];
    for (const place of [there, join(there, 'work')])
      for (const name of names) symlinkSync(join(outside, name), join(place, name));
    // Its tar sends its links under the names that we write.
    const download: Remote['download'] = (_paths, target, more) =>
      remote.download(
        names.map((name) => join(there, name)),
        target,
        { ...more, base: there },
      );
    const honest = reached([{ name: 'journal.log', command: 'echo journal' }], ['/anything']);
    const evil: Reached = { ...honest, agent: { ...honest.agent, download } };
    const consoleLog = join(there, 'the-console');
    writeFileSync(consoleLog, 'console');
    const machine = { id: 0, name: 'n', address: '', ssh: { host: '', port: 1, user: '' }, consoleLog };
    for (let times = 0; times < 2; times += 1) {
      await collectNode(evil, options());
      await collectConsole({ machine }, directory);
    }
    expect(readdirSync(outside)).toEqual([]);
    expect([home('logs/console.log'), home('logs/journal.log')]).toEqual(['console', 'journal\n']);
  });

  test('does not fill the disk with a report that has no end, nor with many', async () => {
    const endless = (name: string) => ({ name, command: 'cat /dev/zero' });
    const bounds = { each: 2 ** 20, all: 5 * 2 ** 19 };
    const problems = await collectReports(
      reached([endless('a'), endless('b'), endless('c'), { name: 'd', command: 'sleep 1; echo d' }]),
      options(),
      bounds,
    );
    expect(problems.filter((problem) => /^[abc]: cut off: /.test(problem))).toHaveLength(3);
    const sizes = ['a', 'b', 'c'].map((name) => statSync(join(directory, 'logs', name)).size);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(bounds.each + 2 ** 17);
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThanOrEqual(bounds.all + 3 * 2 ** 17);
  });
});

test('a machine without a console leaves no file, and one collected twice has the newer', async () => {
  const machine = { id: 0, name: 'n', address: '', ssh: { host: '', port: 1, user: '' } };
  await collectConsole({ machine: { ...machine, consoleLog: '/no/such' } }, directory);
  expect(existsSync(directory)).toBe(false);
  const consoleLog = join(there, 'console');
  for (const text of ['longer text', 'new']) {
    writeFileSync(consoleLog, text);
    await collectConsole({ machine: { ...machine, consoleLog } }, directory);
  }
  expect(home('logs/console.log')).toBe('new');
});
