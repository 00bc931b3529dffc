import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { JobsApi } from '../../../main/jobs/client/jobs-api.ts';
import { type RunningServer, startServer } from '../../../main/jobs/server/start-server.ts';
import { shakedown, start, write } from '../harness.ts';

const folder = mkdtempSync(join(tmpdir(), 'jobs'));
chmodSync(folder, 0o711);
let server: RunningServer;
let env: Record<string, string>;
let api: JobsApi;
let worker: ReturnType<typeof start>;

beforeAll(async () => {
  server = await startServer({ folder, host: '127.0.0.1', port: 0, tell: () => undefined });
  const token = server.firstToken ?? '';
  env = { SHAKEDOWN_SERVER: server.url, SHAKEDOWN_TOKEN: token };
  api = new JobsApi({ server: server.url, token });
  worker = start(folder, ['worker', '--folder', join(folder, 'worker')], env);
});
afterAll(async () => {
  worker.kill('SIGTERM');
  await worker;
  await server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** A project in a folder of its own, and what one submits there. */
function aProject(files: Record<string, string>) {
  const place = mkdtempSync(join(tmpdir(), 'shakedown-project-'));
  onTestFinished(() => rmSync(place, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) write(place, name, text);
  return { place, submit: (...args: string[]) => shakedown(place, ['submit', 'distribute', ...args], env) };
}

const jobCalled = async (name: string) => (await api.jobs()).find((job) => job.name === name)?.id ?? '';

test('a project’s tests run on machines that a worker makes, and on the worker itself; its results come home', async () => {
  const { place, submit } = aProject({
    'distribute.config.ts': `import { defineDistribution } from 'shakedown';
      export default defineDistribution({ files: 'test/*.sh', command: 'sh {file}', runners: 2,
        hooks: { node_setup: 'hostname > where' } });`,
    'test/a.sh': 'echo "a on $(cat where)"; sleep 0.2',
    'test/b.sh': 'echo "b on $(cat where)"; sleep 0.2',
    'test/c.sh': 'echo "c on $(cat where)"; sleep 0.2; exit 1',
    'test/d.sh': 'echo "d on $(cat where)"; sleep 0.2',
  });
  const machines = [
    '--provider',
    'nspawn',
    '--count',
    '2',
    '--local-runners',
    '1',
    '--name',
    'shop',
    '--wait',
  ];
  const done = await submit(...machines);
  expect(done.exitCode, done.all).toBe(1);
  expect(done.stdout).toMatch(/✗ test\/c\.sh: it exits with 1\n +c on \S+/);
  const id = await jobCalled('shop');
  const { suite, nodes, phases } = await api.job(id);
  expect(suite).toMatchObject({ settled: 4, files: 4, failed: [{ file: 'test/c.sh', verdict: 'fail' }] });
  expect(nodes).toHaveLength(3);
  expect(phases.find(({ phase }) => phase === 'machines')).toMatchObject({ state: 'pass' });
  const out = await shakedown(place, ['jobs', 'artifacts', id, '--out', 'home'], env);
  expect(out.exitCode, out.all).toBe(0);
  const left = (name: string) => readFileSync(join(place, 'home/1/run', name), 'utf8');
  expect(left('junit.xml')).toContain('<testsuites');
  expect(left('distribute.log')).toMatch(/ test\/a\.sh \| a on \S+\n/);
  expect(JSON.parse(left('distribute.json')).files).toHaveLength(4);

  expect((await shakedown(place, ['jobs', 'retry', id, '--failed'], env)).exitCode).toBe(0);
  await expect.poll(async () => (await api.job(id)).endedAt, { timeout: 120_000 }).not.toBeNull();
  expect((await api.job(id)).suite).toMatchObject({ settled: 1, files: 1, failed: [{ file: 'test/c.sh' }] });
});

test('a node that nobody reaches is told by the job, which ends', async () => {
  const { submit } = aProject({ 'test/a.sh': 'true' });
  const nodes = ['--nodes', 'nobody@127.0.0.1:1', '--name', 'far'];
  const done = await submit(...nodes, '--wait', 'test/*.sh', '--', 'sh', '{file}');
  expect(done.exitCode, done.all).toBe(3);
  expect(done.stdout).toMatch(/127\.0\.0\.1.*(refused|ECONNREFUSED)/);
  expect(await api.job(await jobCalled('far'))).toMatchObject({ state: 'done', verdict: 'error' });
});
