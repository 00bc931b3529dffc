import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { jobsCommand } from '../../../main/commands/jobs/jobs.ts';
import { submitCommand } from '../../../main/commands/jobs/submit.ts';
import { cellsOf, submissionOfCell } from '../../../main/jobs/job-matrix.ts';
import { JobResult } from '../../../main/jobs/worker/job-context.ts';
import { aServer } from './fixtures/a-server.ts';
import { shellOf } from './fixtures/a-shell.ts';
import { TestWorker } from './fixtures/test-worker.ts';
import { dataFolder } from './fixtures/three-databases.ts';

const server = aServer();
const folder = dataFolder();
const shell = shellOf(server, folder);
let count = 0;

/** A worker for scripts with a label of its own, so that each test has its jobs for itself. */
function aWorker(act: TestWorker['act']) {
  const label = `l${count++}`;
  const { url, workerToken } = server();
  const worker = new TestWorker({
    server: url,
    token: workerToken,
    name: label,
    folder: join(folder, label),
  });
  worker.jobtypes = ['script', 'run'];
  worker.labels = [label, 'fast', 'slow'];
  worker.platform = ['linux', 'linux-x64'];
  worker.act = act;
  onTestFinished(() => worker.stop({ endJobs: true }));
  return { worker, label };
}

function aScript(): string {
  const file = join(folder, 'try.sh');
  writeFileSync(file, 'true\n');
  return file;
}

const isOver = (id: string) =>
  vi.waitFor(async () => expect((await server().admin.job(id)).endedAt).not.toBeNull());

describe('the cells of a matrix', () => {
  test('are all combinations of its values, in their order', () => {
    expect(cellsOf(['os=bookworm,trixie', 'count=1,3'])).toEqual([
      { os: 'bookworm', count: '1' },
      { os: 'bookworm', count: '3' },
      { os: 'trixie', count: '1' },
      { os: 'trixie', count: '3' },
    ]);
    expect(cellsOf([])).toEqual([{}]);
  });

  test.each([
    [['os'], 'takes name=value,value'],
    [['os=a,,b'], 'takes name=value,value'],
    [['os=a', 'os=b'], 'is there twice'],
    [['a=1,2,3,4', 'b=1,2,3,4', 'c=1,2,3,4', 'd=1,2,3,4', 'e=1,2'], 'more than 256 jobs'],
  ])('%j is refused', (written, words) => {
    expect(() => cellsOf(written)).toThrow(words);
  });

  test('reach a run as values of its config, a script as its environment, a build as its parameters', () => {
    const cell = { os: 'trixie', label: 'kvm', platform: 'linux-arm64', 'db.size': '3' };
    const run = { type: 'run', name: 'big', labels: ['big'], args: ['.', '--count', '2'] };
    expect(submissionOfCell(cell, run, { count: 2 })).toEqual({
      ...{ type: 'run', name: 'big os=trixie label=kvm platform=linux-arm64 db.size=3', cell },
      ...{ labels: ['big', 'kvm'], platform: 'linux-arm64' },
      args: ['.', '--count', '2', '--os', 'trixie', '--set', 'db.size=3'],
    });
    const script = { type: 'script', args: ['x.sh', '--', 'a'] };
    expect(submissionOfCell({ MODE: 'fast' }, script, {})).toMatchObject({
      args: ['x.sh', '--env', 'MODE=fast', '--', 'a'],
    });
    const build = { type: 'build', recipe: 'r', task: 't', parameters: { a: '1' } };
    expect(submissionOfCell({ os: 'trixie', label: 'kvm' }, build, {})).toMatchObject({
      ...{ parameters: { a: '1', os: 'trixie' }, labels: ['kvm'] },
    });
  });

  test.each([
    [{ type: 'run', args: [] }, { os: 'a' }, { os: 'b' }],
    [{ type: 'run', args: [], platform: 'a' }, { platform: 'b' }, {}],
    [{ type: 'run', args: [] }, { 'a.b': '1' }, { set: ['a.b=2'] }],
    [{ type: 'script', args: [] }, { MODE: '1' }, { env: 'MODE=2' }],
    [{ type: 'script', args: [] }, { 'a.b': '1' }, {}],
    [{ type: 'build', parameters: { a: '1' } }, { a: '2' }, {}],
  ] as const)('of %j: %j beside %j is refused', (asked, cell, options) => {
    expect(() => submissionOfCell(cell as never, asked as never, options)).toThrow(/already|no name/);
  });
});

test('a matrix is one job per cell; what failed of it is done again, and every attempt is kept', async () => {
  let isFirst = true;
  const { worker, label } = aWorker(async ({ spec }, context) => {
    const args = spec.args as string[];
    await context.log(`${isFirst ? 'first' : 'second'} ${args.join(' ')}\n`);
    const file = join(context.folder, 'file');
    writeFileSync(file, isFirst ? 'first' : 'second');
    await context.addArtifact('file', file);
    return new JobResult(isFirst && args.includes('trixie') ? 'fail' : 'pass', {});
  });
  worker.start();
  const submit = () =>
    shell(submitCommand, ['script', aScript()], {
      ...{ label, wait: true, matrix: ['os=bookworm,trixie', 'MODE=a,b'], name: 'tried' },
    });
  const { code, printed, told } = await submit();
  expect(code).toBe(1);
  expect(printed.match(/^os=\w+ MODE=\w +\w+/gm)?.map((line) => line.replaceAll(/ +/g, ' '))).toEqual([
    'os=bookworm MODE=a pass',
    'os=bookworm MODE=b pass',
    'os=trixie MODE=a fail',
    'os=trixie MODE=b fail',
  ]);
  const [, matrix = ''] = /matrix (\S+)/.exec(told) ?? [];
  const { admin } = server();
  const before = await admin.jobs({ matrix });
  expect(before.map(({ name }) => name).sort()[3]).toBe('tried os=trixie MODE=b');
  expect((await admin.job(before[0]?.id ?? '')).spec.args).toEqual(
    expect.arrayContaining(['--os', 'trixie', '--env', 'MODE=b']),
  );
  isFirst = false;
  await shell(jobsCommand, ['retry', matrix], { failed: true });
  for (const { id } of before) await isOver(id);
  const after = await Promise.all(before.map(({ id }) => admin.job(id)));
  expect(after.map(({ verdict, attempts }) => [verdict, attempts.length])).toEqual([
    ...[2, 2, 1, 1].map((attempts) => ['pass', attempts]),
  ]);
  const again = after[0]?.id ?? '';
  const [one, two] = [await admin.log(again, 0, 0, { attempt: 1 }), await admin.log(again, 0, 0)];
  expect([`${one.bytes}`.slice(0, 5), `${two.bytes}`.slice(0, 6)]).toEqual(['first', 'second']);
  expect((await admin.artifacts(again)).map(({ attempt, path }) => [attempt, path])).toEqual([
    [1, 'file'],
    [2, 'file'],
  ]);
  await expect(shell(jobsCommand, ['retry', matrix], { failed: true })).rejects.toThrow('failed');
  expect((await shell(jobsCommand, ['list'], { matrix })).printed.match(/tried os=/g)?.length).toBe(4);
});

describe('a job that comes after others', () => {
  test('says so while it waits, and runs once all of them passed', async () => {
    const goOn = Promise.withResolvers<void>();
    const order: string[] = [];
    const { worker, label } = aWorker(async ({ name }) => {
      await goOn.promise;
      order.push(name);
    });
    worker.start();
    const script = ['script', aScript()];
    const first = (await shell(submitCommand, script, { label, name: 'm', matrix: 'X=1,2' })).printed.trim();
    const last = (await shell(submitCommand, script, { label, name: 'last', after: first })).printed.trim();
    const { waiting, waitingFor, after } = await server().admin.job(last);
    expect([waitingFor, after.length]).toEqual(['dependency', 2]);
    expect(waiting).toMatch(/^comes after \S+ \((running|queued)\), \S+ \((running|queued)\)$/);
    goOn.resolve();
    await isOver(last);
    expect(order).toEqual(['m X=1', 'm X=2', 'last']);
  });

  test('does not run where one of them fails, and says why; nor do those after it', async () => {
    const { worker, label } = aWorker(async () => new JobResult('fail', {}));
    worker.start();
    const { admin } = server();
    const wishes = { type: 'script', labels: [label] };
    const first = await admin.submit({ ...wishes });
    const second = await admin.submit({ ...wishes, after: [first] });
    const third = await admin.submit({ ...wishes, after: [second] });
    for (const id of [first, second, third]) await isOver(id);
    expect((await shell(jobsCommand, ['show', second])).printed).toContain(
      `skipped: it comes after ${first}, which was fail`,
    );
    const { state, note, attempts } = await admin.job(third);
    expect([state, note, attempts]).toEqual(['skipped', `it comes after ${second}, which was skipped`, []]);
    await expect(admin.submit({ ...wishes, after: ['no-such'] })).rejects.toThrow('there is no job no-such');
  });
});

test('a job that takes too long is ended by the server, however silent its worker is', async () => {
  const { admin } = server();
  const worker = await admin.register({ protocol: 1, name: 'silent', capabilities: { jobtypes: 'silent' } });
  const id = await admin.submit({ type: 'silent', timeLimit: 1 });
  const claim = await admin.claim(
    { worker, request: 'silent', wait: 0, lease: 600 },
    new AbortController().signal,
  );
  expect(claim).toMatchObject({ job: id, timeLimit: 1 });
  await isOver(id);
  expect(await admin.job(id)).toMatchObject({
    ...{ state: 'done', verdict: 'error', timeLimit: 1 },
    attempts: [{ outcome: 'timeout', result: { error: 'not over after 1 s, its time limit' } }],
  });
  const late = admin.settle(id, 1, { verdict: 'pass', result: 1 });
  await expect(late).rejects.toThrow('is over');
});

test('and one whose worker listens is told to end', async () => {
  const ended = Promise.withResolvers<void>();
  const { worker, label } = aWorker(
    (_job, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          ended.resolve();
          reject(signal.reason);
        });
      }),
  );
  worker.start();
  const { printed } = await shell(submitCommand, ['script', aScript()], { label, timeLimit: '1s' });
  await ended.promise;
  expect((await server().admin.job(printed.trim())).verdict).toBe('error');
});

test.each([
  [{ timeLimit: 'soon' }, '--time-limit takes a duration'],
  [{ matrix: 'os' }, 'name=value'],
])('submit %j is refused', async (options, words) => {
  mkdirSync(folder, { recursive: true });
  await expect(shell(submitCommand, ['script', aScript()], options)).rejects.toThrow(words);
});
