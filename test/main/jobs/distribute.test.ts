import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { jobsCommand } from '../../../main/commands/jobs/jobs.ts';
import { submitCommand } from '../../../main/commands/jobs/submit.ts';
import { JobsApi } from '../../../main/jobs/client/jobs-api.ts';
import { ShakedownWorker } from '../../../main/jobs/worker/shakedown-worker.ts';
import { folder } from '../remotes/fake-node.ts';
import { aServer, ask } from './fixtures/a-server.ts';
import { shellOf } from './fixtures/a-shell.ts';
import { dataFolder } from './fixtures/three-databases.ts';

const server = aServer();

// The workers' projects have their places on this host in its home; what is cached is kept.
vi.stubEnv('XDG_CACHE_HOME', process.env.XDG_CACHE_HOME || join(homedir(), '.cache'));
vi.stubEnv('HOME', dataFolder());

const sh = { rest: ['sh', '{file}'] };
type Files = Readonly<Record<string, string>>;

/** A project in a folder of its own, and what a shell says there. */
function aProject(files: Files) {
  const place = join(folder(), 'shop');
  const write = (more: Files) => {
    for (const [path, text] of Object.entries(more)) {
      mkdirSync(dirname(join(place, path)), { recursive: true });
      writeFileSync(join(place, path), text);
    }
  };
  mkdirSync(place);
  write(files);
  const shell = shellOf(server, place);
  const name = `shop ${Math.random()}`;
  const submit = (globs: string[], options: Record<string, unknown> = {}) =>
    shell(submitCommand, ['distribute', ...globs], { localRunners: '1', name, ignore: '.cache', ...options });
  return { place, write, shell, submit, name };
}

/** A worker for what is submitted with its label, in a folder of its own. */
function aWorker() {
  const { url, workerToken } = server();
  const label = `w${Math.random()}`;
  const worker = new ShakedownWorker({ server: url, token: workerToken, name: label, folder: folder() });
  worker.labels = [label];
  worker.start();
  onTestFinished(() => worker.stop({ endJobs: true }));
  return label;
}

const newest = async (name: string) => {
  const { admin } = server();
  const job = (await admin.jobs()).find((each) => each.name === name);
  return await admin.job(job?.id ?? '');
};

const over = (id: string, attempts: number) =>
  vi.waitFor(
    async () => {
      const job = await server().admin.job(id);
      expect(job.attempts.filter(({ endedAt }) => endedAt !== null)).toHaveLength(attempts);
      return job;
    },
    { interval: 100 },
  );

const artifact = async (id: string, path: string): Promise<string> => {
  const { admin } = server();
  const found = (await admin.artifacts(id)).findLast((each) => each.path === path);
  if (!found) throw new Error(`there is no ${path}`);
  return (await (await admin.artifact(id, found)).toArray()).join('');
};

describe('shakedown submit distribute', () => {
  test('has a worker run the project’s tests, follows it, and ends as it does', async () => {
    const label = aWorker();
    const { submit, place, name } = aProject({
      '.gitignore': 'junk\n',
      'test/a.sh': 'echo "a $(cat lib) $WHO $(cat link)"; test ! -e junk && test -x run',
      'test/b.sh': 'echo "b is broken"; exit 7',
      lib: 'of lib',
      run: '',
      junk: 'not sent',
    });
    chmodSync(join(place, 'run'), 0o755);
    symlinkSync('lib', join(place, 'link'));
    const options = { wait: true, label, env: 'WHO=me', rest: ['sh', '{file}'] };
    const { code, printed, told } = await submit(['test/*.sh'], options);
    expect(code, printed).toBe(1);
    expect(told).toMatch(/sent 5 files, .*; 5 new to the server/);
    expect(printed).toMatch(/✓ \d\/2 {2}test\/a\.sh/);
    expect(printed).toMatch(/✗ test\/b\.sh: it exits with 7\n {4}b is broken/);
    const job = await newest(name);
    expect(job).toMatchObject({ type: 'distribute', state: 'done', verdict: 'fail' });
    expect(job.suite).toMatchObject({
      ...{ settled: 2, files: 2, runners: [{ runner: '0_0', files: [], ended: 2 }] },
      failed: [{ file: 'test/b.sh', verdict: 'fail', message: 'it exits with 7' }],
    });
    const paths = (await server().admin.artifacts(job.id)).map(({ path }) => path);
    const left = ['junit.xml', 'distribute.json', 'distribute.log', 'report.html'];
    expect(paths).toEqual(expect.arrayContaining(left.map((each) => `run/${each}`)));
    expect(await artifact(job.id, 'run/distribute.log')).toContain('test/a.sh | a of lib me of lib\n');
  });

  test('sends only what changed, and what is told of a file is an order for any worker', async () => {
    const { submit, write, name } = aProject({
      'test/quick.sh': 'true # the larger file, which would come first where nothing is known',
      'test/slow.sh': 'sleep 0.4',
    });
    const rest = ['sh', '{file}'];
    expect((await submit(['test/*.sh'], { wait: true, label: aWorker(), rest })).told).toContain(
      '2 new to the server',
    );
    write({ 'test/new.sh': 'true' });
    const again = await submit(['test/*.sh'], { wait: true, label: aWorker(), rest });
    expect(again.told).toMatch(/sent 3 files, .*; 1 new to the server/);
    const { runners } = JSON.parse(await artifact((await newest(name)).id, 'run/distribute.json'));
    expect(runners['0_0'].indexOf('test/slow.sh')).toBeLessThan(runners['0_0'].indexOf('test/quick.sh'));
  });

  test('repeated with --failed it runs only what did not pass; without it, all again', async () => {
    const label = aWorker();
    const { submit, shell, name, place } = aProject({
      'test/good.sh': 'true',
      'test/bad.sh': `test -e ${join(folder(), 'mended')}`,
    });
    const mended = /test -e (\S+)/.exec(readFileSync(join(place, 'test/bad.sh'), 'utf8'))?.[1] ?? '';
    await submit(['test/*.sh'], { wait: true, label, rest: ['sh', '{file}'] });
    const { id } = await newest(name);
    writeFileSync(mended, '');
    expect((await shell(jobsCommand, ['retry', id], { failed: true })).code).toBe(0);
    expect(await over(id, 2)).toMatchObject({ verdict: 'pass', suite: { files: 1, settled: 1, failed: [] } });
    await expect(shell(jobsCommand, ['retry', id], { failed: true })).rejects.toThrow('none of the jobs');
    await shell(jobsCommand, ['retry', id]);
    expect(await over(id, 3)).toMatchObject({ suite: { files: 2 } });
  });

  test('keeps its secrets to its worker, and masks them', async () => {
    const { place, name } = aProject({ 'test/a.sh': 'echo "it is $PASSWORD"; ls -A', key: 'very secret' });
    const shell = shellOf(server, place);
    const { code, printed } = await shell(submitCommand, ['distribute', 'test/*.sh'], {
      ...{ name, wait: true, label: aWorker(), localRunners: '1', secret: 'PASSWORD=file:key' },
      rest: ['sh', '{file}'],
    });
    expect(code, printed).toBe(0);
    const { id } = await newest(name);
    expect(await artifact(id, 'run/distribute.log')).toMatch(/it is \[secret PASSWORD\]\n(.*\| test\n)?$/m);
    expect(await artifact(id, 'run/distribute.log')).not.toMatch(/very secret|\| key\n/);
  });

  test('is cancelled with all its tests, and what it came to by then is kept', async () => {
    const label = aWorker();
    const mark = join(folder(), 'pid');
    const { submit, shell, name } = aProject({
      'test/a.sh': 'true',
      'test/hangs.sh': `echo $$ > ${mark}; exec sleep 1000`,
    });
    await submit(['test/*.sh'], { label, seed: '1', rest: ['sh', '{file}'] });
    await vi.waitFor(() => expect(existsSync(mark)).toBe(true));
    const under = async () => {
      const job = await newest(name);
      expect(job.suite?.runners[0]?.files).toEqual(['test/hangs.sh']);
      return job.id;
    };
    const id = await vi.waitFor(under);
    await shell(jobsCommand, ['cancel', id]);
    const pid = readFileSync(mark, 'utf8').trim();
    await vi.waitFor(() => expect(existsSync(`/proc/${pid}`)).toBe(false));
    await vi.waitFor(async () => expect(await artifact(id, 'run/junit.xml')).toContain('test/hangs.sh'));
  });

  test.each<[string, Files, string[], Record<string, unknown>, string]>([
    ['no file that matches', { a: '' }, ['spec/*.rb'], sh, "No file of the project matches 'spec/*.rb'."],
    ['no command', { a: '' }, ['a'], {}, 'Which command runs the test files?'],
    [
      'a command without files',
      { a: '' },
      ['a'],
      { rest: ['make'] },
      'The command names no test files: make',
    ],
    ['a part that is none', { a: '' }, ['a'], { ...sh, shard: '3/2' }, '--shard takes the number of a part'],
    ['a number that is none', { a: '' }, ['a'], { ...sh, seed: 'x' }, "--seed takes a number; found 'x'."],
    ['another type’s flag', { a: '' }, ['a'], { ...sh, set: 'x=1' }, "--set is not for 'distribute'."],
    [
      'a config that throws',
      { 'distribute.config.ts': "throw new Error('not today')" },
      [],
      sh,
      'distribute.config.ts:1: not today',
    ],
    [
      'a config that imports from elsewhere',
      { 'distribute.config.ts': "import '../hosts.ts'; export default {}", 'a.sh': '' },
      ['a.sh'],
      sh,
      '../hosts.ts is imported by distribute.config.ts, and lies outside of the project',
    ],
  ])('is refused before it is a job: %s', async (_, files, globs, options, message) => {
    const { place, submit } = aProject({});
    writeFileSync(join(dirname(place), 'hosts.ts'), '');
    for (const [path, text] of Object.entries(files)) writeFileSync(join(place, path), text);
    await expect(submit(globs, options)).rejects.toThrow(message);
  });

  test('a link that leads out of the project is refused by name', async () => {
    const { place, submit } = aProject({ 'test/a.sh': 'true' });
    symlinkSync(folder(), join(place, 'away'));
    await expect(submit(['test/*.sh'], sh)).rejects.toThrow('away, which leads out of its folder');
    await submit(['test/*.sh'], { ...sh, ignore: 'away' });
  });

  test('what shows only on the worker is told by the job', async () => {
    const { submit, name } = aProject({ 'test/a.sh': 'true' });
    const label = aWorker();
    const none = await submit(['test/*.sh'], { label, wait: true, localRunners: '0', ...sh });
    expect(none).toMatchObject({ code: 2, printed: expect.stringContaining('nothing to run the tests on') });
    expect(await newest(name)).toMatchObject({ state: 'done', verdict: 'error' });
  });
});

test('what the test files of a project took is told by an attempt’s own worker alone', async () => {
  const { url, admin, workerToken } = server();
  const { token: other } = await admin.makeToken('other', 'worker');
  const api = new JobsApi({ server: url, token: workerToken });
  const worker = await api.register({ protocol: 1, name: 'w', capabilities: { jobtypes: 'h' } });
  const id = await admin.submit({ type: 'h', name: 'shop' });
  await api.claim({ worker, request: id, wait: 5, lease: 600 }, new AbortController().signal);
  const history = `${url}/api/jobs/${id}/attempts/1/history`;
  expect(await api.testHistory(id, 1)).toEqual({});
  const file = (ms: number, runs: number) => ({ ms, runs, failed: false });
  const first = { one: { at: 1, startMs: 30, files: { a: file(1, 1), b: file(2, 1) } } };
  await api.addTestHistory(id, 1, first);
  await api.addTestHistory(id, 1, { two: { at: 2, files: { a: file(5, 1) } } });
  await api.addTestHistory(id, 1, { one: { at: 3, files: { a: file(7, 2) } } });
  // What comes late, or twice, changes nothing.
  await api.addTestHistory(id, 1, first);
  expect(await api.testHistory(id, 1)).toEqual({
    one: { at: 3, files: { a: file(7, 2), b: file(2, 1) } },
    two: { at: 2, files: { a: file(5, 1) } },
  });
  expect((await ask(history, 'GET', { token: other })).status).toBe(403);
  expect((await ask(history, 'PUT', { token: other, body: '{"origins":{}}' })).status).toBe(403);
  expect((await ask(history, 'PUT', { token: workerToken, body: '{"origins":{"x":7}}' })).status).toBe(400);
  await api.settle(id, 1, { verdict: 'pass', result: null });
  await expect(api.addTestHistory(id, 1, first)).rejects.toThrow('is over');
});
