import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import { clusterIds, latest, leftovers, readLatest, result, scenario, until, write } from '../harness.ts';

const root = join(import.meta.dirname, '../../..');
const examples = join(root, 'examples/test-runners');
const env = { NO_COLOR: '1', NODE_OPTIONS: '', NODE_TEST_CONTEXT: undefined, VITEST: undefined };

test('the examples pass side by side: one under node:test, one under Vitest', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'shakedown-e2e-'));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  const options = { cwd, env, all: true, reject: false, stdin: 'ignore' } as const;
  const node = ['--conditions=shakedown-source', '--test', join(examples, 'node-test.test.ts')];
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const [first, other] = await Promise.all([
    execa(process.execPath, node, options),
    execa(process.execPath, [vitest, 'run', '--root', examples], options),
  ]);
  expect(first.exitCode, first.all).toBe(0);
  expect(other.exitCode, other.all).toBe(0);
  expect(first.all).toMatch(/pass 2\b/);
  expect(other.all).toMatch(/2 passed/);
});

/** A program that opens the scenario of its folder, and then does this with `cluster`. */
function program(directory: string, body: string) {
  const index = join(root, 'main/index.ts');
  write(
    directory,
    'program.mjs',
    `import { after, afterEach, test } from 'node:test';
import { openCluster } from '${index}';
${body}`,
  );
  const options = { cwd: directory, env, all: true, reject: false, stdin: 'ignore' } as const;
  return execa(process.execPath, ['program.mjs'], options);
}

const evidence = (directory: string) => join(latest(directory), 'nodes/0/files/loop.sh');

test('a failed test is the run’s verdict, and brings the evidence of its nodes home', async () => {
  const directory = scenario({});
  const ended = await program(
    directory,
    `const cluster = await openCluster('.', { hooks: { after, afterEach } });
     test('is there', () => cluster.node(0).sh('test -e loop.sh || test -e /etc/hostname'));
     test('is not there', () => cluster.node(0).sh('cat /no/such/file'));`,
  );
  expect(ended.exitCode, ended.all).toBe(1);
  expect(result(directory)).toMatchObject({ verdict: 'fail' });
  expect(readLatest(directory, 'run.json')).toContain('/no/such/file');
  expect(existsSync(evidence(directory))).toBe(true);
  expect(await leftovers(clusterIds(directory))).toEqual([]);
});

test('a program that is ended by a signal closes its cluster first', async () => {
  const directory = scenario({});
  const killed = program(directory, "await openCluster('.');");
  await until(directory, 'loop is ready');
  killed.kill('SIGTERM');
  expect(await killed).toMatchObject({ signal: 'SIGTERM' });
  expect(existsSync(evidence(directory))).toBe(true);
  expect(await leftovers(clusterIds(directory))).toEqual([]);
});

test('what a program that was killed left is gone when the next one opens a cluster', async () => {
  const directory = scenario({});
  const killed = program(directory, "await openCluster('.');");
  await until(directory, 'loop is ready');
  killed.kill('SIGKILL');
  await killed;
  const [left = ''] = clusterIds(directory);
  const ended = await program(directory, "const cluster = await openCluster('.'); await cluster.close();");
  expect(ended.exitCode, ended.all).toBe(0);
  expect(await leftovers([left])).toEqual([]);
});

test('machines that are reused are made once, and get what changed', async () => {
  const directory = scenario({});
  const body = `const cluster = await openCluster('.', { reuse: true });
    console.log('seen', await cluster.node(0).sh('cat /proc/sys/kernel/hostname; head -c 12 /tmp/mark || echo mark > /tmp/mark'));
    await cluster.close();`;
  const first = await program(directory, body.replace('head -c 12 /tmp/mark ||', ''));
  expect(first.exitCode, first.all).toBe(0);
  const other = await program(directory, body);
  expect(other.all).toMatch(/seen .*\nmark/);
  expect(clusterIds(directory)).toHaveLength(1);
});
