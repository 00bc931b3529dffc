import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { rounds } from '../../rounds.ts';
import { leftovers, shakedown } from '../harness.ts';
import { ownPackage } from './virt/own-package.ts';
import { sourcePackages } from './virt/source-packages.ts';

const server = join(import.meta.dirname, '../../../bin/shakedown-virt.mjs');
const directory = mkdtempSync('/var/tmp/shakedown-virt-');
const node = { PATH: `${join(process.execPath, '..')}:${process.env.PATH}` };
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** The clusters that a server says it made. */
const clustersIn = (printed: string): readonly string[] =>
  [...printed.matchAll(/machine of cluster ([0-9a-f]{6})/g)].map(([, id = '']) => id);

/** Runs Debian's own test runner on a package with machines of ours. */
async function autopkgtest(tree: string, ...options: readonly string[]) {
  const out = join(directory, `out-${tree.split('/').at(-1)}`);
  const args = ['-B', tree, '--output-dir', out, '--', server, '--provider', 'nspawn', ...options];
  const { exitCode, all } = await execa('autopkgtest', args, { reject: false, all: true, env: node });
  const read = (file: string) => readFileSync(join(out, file), 'utf8');
  return { exitCode, all, read, clusters: [...new Set(clustersIn(all + read('log')))] };
}

/** Debian's own, with one of the tests of each. */
const packages = [
  ['gzip', 'simple-gzip'],
  ['hello', 'upstream-tests'],
  ['sed', 'sub'],
].slice(0, rounds(1, 3)) as [name: string, one: string][];

describe('autopkgtest with machines of ours', () => {
  let sources: Readonly<Record<string, string>>;
  beforeAll(async () => {
    sources = await sourcePackages(
      directory,
      packages.map(([name]) => name),
    );
  });

  test.concurrent.each(packages)('runs the tests of Debian’s package %s', async (name, one) => {
    const { exitCode, all, read, clusters } = await autopkgtest(sources[name] ?? '');
    expect(exitCode, all).toBe(0);
    expect(read('summary')).toMatch(new RegExp(`^${one} +PASS$`, 'm'));
    expect(clusters).toHaveLength(1);
    expect(await leftovers(clusters)).toEqual([]);
  });

  test('gives each test what it asks for, puts the machine back, and tells which failed', async () => {
    const { exitCode, all, read, clusters } = await autopkgtest(ownPackage(directory));
    // Some failed (4), some were skipped (2): autopkgtest(1).
    expect(exitCode, all).toBe(6);
    expect(read('summary').replaceAll(/ +/g, ' ').split('\n')).toEqual([
      expect.stringContaining('needs-a-machine SKIP'),
      'changes-everything PASS',
      'finds-nothing-of-it PASS',
      'sees-a-user PASS',
      'restarts PASS',
      'fails FAIL non-zero exit status 3',
      '',
    ]);
    expect(read('artifacts/sub/artifact')).toBe('from the machine\n');
    expect(read('fails-stdout')).toBe('as it should\n');
    expect(read('restarts-stdout')).toBe('boot none \nboot first one\nkept\nboot second one\nkept\n');
    expect(clusters).not.toEqual([]);
    expect(await leftovers(clusters)).toEqual([]);
  });
});

/** A server with an open machine, spoken to by hand. */
async function openServer() {
  const running = execa(process.execPath, [server, '--provider', 'nspawn'], { reject: false });
  let [answers, told] = ['', ''];
  running.stdout.on('data', (chunk) => {
    answers += chunk;
  });
  running.stderr.on('data', (chunk) => {
    told += chunk;
  });
  onTestFinished(async () => {
    running.kill('SIGKILL');
    await shakedown(directory, ['reap']);
  });
  const lines = () => answers.split('\n').slice(1, -1);
  const say = async (line: string): Promise<string> => {
    const before = lines().length;
    running.stdin.write(`${line}\n`);
    // Longer than the server itself waits for a machine (180 s), so that what it told says why.
    const answer = () => (lines().length > before ? 'an answer' : told);
    await expect.poll(answer, { timeout: 240_000, interval: 20 }).toBe('an answer');
    return lines().at(-1) ?? '';
  };
  const scratch = (await say('open')).slice(3);
  const program = (await say('print-execute-command')).slice(3);
  const run = (...command: readonly string[]) => execa(program, command, { reject: false });
  return { running, say, run, scratch, clusters: () => clustersIn(told) };
}

test('the protocol by hand: what was changed is gone after revert, and the folder is there again', async () => {
  const { running, say, run, scratch, clusters } = await openServer();
  expect((await say('capabilities')).split(' ')).toEqual(
    expect.arrayContaining(['ok', 'revert', 'revert-full-system', 'root-on-testbed', 'isolation-container']),
  );
  await run('sh', '-c', 'echo changed > /etc/mark');
  expect((await run('cat', '/etc/mark')).stdout).toBe('changed');
  expect(await say('revert')).toBe(`ok ${scratch}`);
  expect((await run('cat', '/etc/mark')).exitCode).toBe(1);
  expect((await run('stat', '-c', '%a', scratch)).stdout).toBe('1777');
  expect(await say('quit')).toBe('ok');
  expect((await running).exitCode).toBe(0);
  expect(await leftovers(clusters())).toEqual([]);
});

test('the machine goes away however the server ends', async () => {
  const ends = [
    { how: 'SIGTERM', code: 130 },
    { how: 'SIGINT', code: 130 },
    { how: 'end of input', code: 3 },
    { how: 'SIGKILL', code: undefined },
  ] as const;
  const outcomes = await Promise.all(
    ends.map(async ({ how, code }) => {
      const { running, clusters } = await openServer();
      if (how === 'end of input') running.stdin.end();
      else running.kill(how);
      expect((await running).exitCode, how).toBe(code);
      expect(clusters()).toHaveLength(1);
      return { how, clusters: clusters() };
    }),
  );
  for (const { how, clusters } of outcomes) {
    if (how === 'SIGKILL') expect(await leftovers(clusters)).not.toEqual([]);
    else expect(await leftovers(clusters), how).toEqual([]);
  }
  await shakedown(directory, ['reap']);
  await expect.poll(() => leftovers(outcomes.flatMap(({ clusters }) => clusters))).toEqual([]);
});
