import { chmodSync, globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { JobsApi } from '../../../main/jobs/client/jobs-api.ts';
import { type RunningServer, startServer } from '../../../main/jobs/server/start-server.ts';
import { leftovers, mainConfig, nodeConfig, scenario, shakedown, start, write } from '../harness.ts';

const folder = mkdtempSync(join(tmpdir(), 'jobs'));
chmodSync(folder, 0o711);
let server: RunningServer;
let env: Record<string, string>;
let api: JobsApi;

beforeAll(async () => {
  server = await startServer({ folder, host: '127.0.0.1', port: 0, tell: () => undefined });
  const token = server.firstToken ?? '';
  env = { SHAKEDOWN_SERVER: server.url, SHAKEDOWN_TOKEN: token };
  api = new JobsApi({ server: server.url, token });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** A worker of the command line, in a process of its own, for this test alone. */
function aWorker(label: string, more: readonly string[] = []) {
  const jobs = join(folder, label);
  const worker = start(folder, ['worker', '--label', label, '--folder', jobs, ...more], env);
  onTestFinished(async () => {
    worker.kill('SIGTERM');
    await worker;
  });
  return { worker, jobs };
}

const state = async (id: string) => (await api.job(id)).state;

/** The ids of the clusters that the jobs of a worker have made. */
function clusters(jobs: string): readonly string[] {
  const ledgers = readdirSync(jobs, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /runs\/[^/]+\/ledger$/.test(name),
  );
  const texts = ledgers.map((name) => readFileSync(join(jobs, name), 'utf8'));
  const ids = texts.join('').matchAll(/"kind":"cluster","id":"([0-9a-f]{6})"/g);
  return [...new Set([...ids].map(([, id = '']) => id))];
}

/**
 * A job for the worker with that label whose script runs until it is ended, and the clusters made by then.
 */
async function hangingJob(label: string, jobs: string) {
  const here = scenario({ 'hang.sh': 'echo up; sleep 1000\n' });
  const flags = ['--provider', 'nspawn', '--label', label, '--attempts', '1'];
  const { stdout: id } = await shakedown(here, ['submit', 'script', 'hang.sh', ...flags], env);
  await expect
    .poll(async () => (await api.log(id, 0, 0)).bytes.toString(), { timeout: 120_000 })
    .toContain('up\n');
  return { here, id, ids: clusters(jobs) };
}

test('a script is done by a worker: its output, exit code and files come back', async () => {
  aWorker('one', ['--once']);
  const here = scenario({
    'tree/build.sh':
      'echo "built $1 for $WHO with $PASSWORD"; cat part; echo "deb $PASSWORD" > a.deb; exit 3\n',
    'tree/key': 'not for the package\n',
    'tree/part': 'a part\n',
  });
  const done = await shakedown(
    here,
    [
      ...['submit', 'script', 'tree/build.sh', '--with', 'tree', '--provider', 'nspawn', '--get', '*.deb'],
      ...['--label', 'one', '--env', 'WHO', '--secret', 'env:PASSWORD', '--secret', 'file:tree/key'],
      ...['--wait', '--', 'a b'],
    ],
    { ...env, WHO: 'me', PASSWORD: 'very secret' },
  );
  // A code of the script's own, though ours means that nothing is known.
  expect(done.exitCode, done.all).toBe(3);
  expect(done.stdout).toContain('built a b for me with [secret PASSWORD]\na part');
  const [job] = await api.jobs({ type: 'script' });
  expect(job).toMatchObject({ state: 'done', verdict: 'fail', name: 'tree/build.sh' });
  const out = await shakedown(here, ['jobs', 'artifacts', job?.id ?? '', '--out', 'home'], env);
  expect(out.exitCode, out.all).toBe(0);
  expect(readFileSync(join(here, 'home/1/files/a.deb'), 'utf8')).toBe('deb [secret PASSWORD]\n');
  const all = globSync('**', { cwd: folder, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const { parentPath, name } of all) {
    expect(readFileSync(join(parentPath, name), 'utf8'), name).not.toMatch(/very secret|not for the package/);
  }
});

test('a run’s directory comes home as artifacts', async () => {
  aWorker('two', ['--once']);
  const here = scenario({});
  const done = await shakedown(here, ['submit', 'run', '.', '--label', 'two', '--wait'], env);
  expect(done.exitCode, done.all).toBe(0);
  const [job] = await api.jobs({ type: 'run' });
  const { phases, nodes, checks } = await api.job(job?.id ?? '');
  expect(phases.map(({ phase }) => phase)).toEqual(expect.arrayContaining(['machines', 'check', 'destroy']));
  expect(nodes[0]?.phases).toEqual(
    expect.arrayContaining([expect.objectContaining({ phase: 'connect', state: 'pass' })]),
  );
  expect(checks.every(({ state }) => state === 'pass')).toBe(true);
  const paths = (await api.artifacts(job?.id ?? '')).map(({ path }) => path);
  expect(paths).toEqual(expect.arrayContaining(['run/run.json', 'run/report.html', 'run/tester.log']));
  expect(paths.some((path) => path.startsWith('run/nodes/0/'))).toBe(true);
});

test('what a scenario names outside of its folder travels with it: .debs, node files, imports, keys', async () => {
  aWorker('six', ['--once']);
  const place = scenario({});
  const here = (path: string) => join(place, path);
  const pack = (name: string) => buildDeb(here(`tree-${name}`), name, here(`build/${name}.deb`));
  for (const name of ['relative', 'absolute']) await pack(name);
  const config = "nodes: nspawn({ count: 1 }), nodeFiles: '../files', secrets: { db: 'file:../keys/db' }";
  write(place, 'tests/one/config/main.config.ts', mainConfig(`${config}, checks: ['../checks/*.check.ts']`));
  write(
    place,
    'tests/one/config/node.config.ts',
    `import { paths } from '../../lib/paths.ts';\n${nodeConfig(`debs: ['../../build/relative.deb', '${here('build/absolute.deb')}'], place: [{ from: 'it.conf', to: paths.conf }]`)}`,
  );
  write(place, 'tests/files/it.conf.tmpl', 'node <{ node_id }> knows <{ secret.db }>\n');
  write(place, 'tests/lib/paths.ts', "export const paths = { conf: '/etc/it.conf' };\n");
  write(place, 'tests/keys/db', 'very secret\n');
  write(
    place,
    'tests/checks/all.check.ts',
    `import { expect, test } from 'shakedown/check';
import { paths } from '../lib/paths';
test('all came', async ({ cluster }) => {
  const node = cluster.node(0);
  expect(await node.sh('cat /usr/share/it/relative /usr/share/it/absolute')).toBe('relative\\nabsolute');
  expect(await node.sh(\`cat \${paths.conf}\`)).toBe('node 0 knows very secret');
});
`,
  );
  const secret = ['--secret', 'db=file:tests/keys/db'];
  const done = await shakedown(
    place,
    ['submit', 'run', 'tests/one', ...secret, '--label', 'six', '--wait'],
    env,
  );
  expect(done.exitCode, done.all).toBe(0);
  expect(done.stderr).toMatch(/sent 7 files, .* from outside of the folder: /);
  const [job] = await api.jobs({ type: 'run', label: 'six' });
  expect((await api.job(job?.id ?? '')).checks).toMatchObject([
    { name: expect.stringContaining('all came') },
  ]);
});

/** A package whose only file says its name. */
async function buildDeb(tree: string, name: string, file: string): Promise<void> {
  const control = `Package: ${name}\nVersion: 1\nArchitecture: all\nMaintainer: t <t@example.org>\nDescription: ${name}\n`;
  write(tree, 'DEBIAN/control', control);
  write(tree, `usr/share/it/${name}`, `${name}\n`);
  mkdirSync(dirname(file), { recursive: true });
  await execa('dpkg-deb', ['--root-owner-group', '-b', tree, file]);
}

test('a job that is cancelled, and one whose worker is killed with -9, leave no machine behind', async () => {
  const { worker, jobs } = aWorker('three');
  const first = await hangingJob('three', jobs);
  expect(first.ids).toHaveLength(1);
  expect(await leftovers(first.ids)).not.toEqual([]);
  expect((await shakedown(first.here, ['jobs', 'cancel', first.id], env)).exitCode).toBe(0);
  await expect.poll(() => leftovers(first.ids), { timeout: 120_000 }).toEqual([]);
  expect(await state(first.id)).toBe('cancelled');

  const second = await hangingJob('three', jobs);
  worker.kill('SIGKILL');
  await worker;
  await expect.poll(() => leftovers(second.ids), { timeout: 120_000 }).toEqual([]);
  await expect.poll(() => state(second.id), { timeout: 120_000 }).toBe('lost');
  aWorker('three');
  await expect.poll(() => readdirSync(join(jobs, 'jobs')), { timeout: 120_000 }).toEqual([]);
});

test('a job that is killed as its worker is leaves its machines to the next worker', async () => {
  const { worker, jobs } = aWorker('four');
  const { ids } = await hangingJob('four', jobs);
  expect(ids).toHaveLength(1);
  const { stdout: job } = await execa('pgrep', ['-P', String(worker.pid)]);
  worker.kill('SIGSTOP');
  for (const pid of job.split('\n')) process.kill(Number(pid), 'SIGKILL');
  worker.kill('SIGKILL');
  await worker;
  expect(clusters(jobs)).toEqual(ids);
  aWorker('four');
  await expect.poll(() => leftovers(ids), { timeout: 120_000 }).toEqual([]);
  await expect.poll(() => readdirSync(join(jobs, 'jobs')), { timeout: 120_000 }).toEqual([]);
});
