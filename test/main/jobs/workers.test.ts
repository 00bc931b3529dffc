import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { JobResult } from '../../../main/jobs/worker/job-context.ts';
import type { WorkerOptions } from '../../../main/jobs/worker/worker-options.ts';
import { aServer } from './fixtures/a-server.ts';
import { freezingProxy } from './fixtures/freezing-proxy.ts';
import { TestWorker } from './fixtures/test-worker.ts';
import { dataFolder } from './fixtures/three-databases.ts';

const server = aServer();
const folder = dataFolder();
let count = 0;

/** A worker for a job type of its own. */
function aWorker(
  act: TestWorker['act'],
  more: Partial<WorkerOptions> = {},
): { worker: TestWorker; type: string } {
  const type = `t${count++}`;
  const { url, workerToken } = server();
  const worker = new TestWorker({
    server: url,
    token: workerToken,
    name: type,
    folder: join(folder, type),
    ...more,
  });
  worker.jobtypes = type;
  worker.act = act;
  onTestFinished(() => worker.stop({ endJobs: true }));
  return { worker, type };
}

const stateOf = async (id: string) => (await server().admin.job(id)).state;
const isOver = (id: string) =>
  vi.waitFor(async () => expect(await stateOf(id)).not.toMatch(/queued|running/));

describe('a worker of one’s own', () => {
  test('does jobs: its result, log and artifacts are there afterwards, its folder is not', async () => {
    const { admin } = server();
    let used = '';
    const { worker, type } = aWorker(async (job, context) => {
      used = context.folder;
      await context.log(`begins ${job.name}\n`);
      mkdirSync(join(context.folder, 'sub'));
      writeFileSync(join(context.folder, 'sub/file'), 'content');
      await context.addArtifact('sub/file', join(context.folder, 'sub/file'));
      return { answer: [42, job.spec.question] };
    });
    const id = await admin.submit({ type, name: 'mine', question: '?' });
    worker.start();
    await isOver(id);
    expect(await admin.job(id)).toMatchObject({
      ...{ state: 'done', verdict: 'pass' },
      attempts: [{ number: 1, worker: type, outcome: 'done', result: { answer: [42, '?'] } }],
    });
    expect(await admin.log(id, 0, 0)).toMatchObject({ bytes: Buffer.from('begins mine\n'), isOver: true });
    const sha256 = 'ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73';
    expect(await admin.artifacts(id)).toEqual([{ attempt: 1, path: 'sub/file', sha256, size: 7 }]);
    await vi.waitFor(() => expect(existsSync(used)).toBe(false));
  });

  test('a failing test is a result and no retry; what doJob throws is an error', async () => {
    const { admin } = server();
    const { worker, type } = aWorker(async ({ name }) => {
      if (name === 'throws') throw new Error('broken here');
      return new JobResult('fail', { exitCode: 7 });
    });
    const ids = [await admin.submit({ type }), await admin.submit({ type, name: 'throws' })];
    worker.start();
    for (const id of ids) await isOver(id);
    expect(await admin.job(ids[0] ?? '')).toMatchObject({
      state: 'done',
      verdict: 'fail',
      attempts: [{ number: 1 }],
    });
    expect(await admin.job(ids[1] ?? '')).toMatchObject({
      verdict: 'error',
      attempts: [{ result: { error: 'broken here' } }],
    });
    expect(readdirSync(join(folder, type, 'results'))).toEqual([]);
  });

  test('stop waits for the current job, and says goodbye', async () => {
    const { admin } = server();
    const { promise, resolve } = Promise.withResolvers<void>();
    const { worker, type } = aWorker(() => promise);
    const id = await admin.submit({ type });
    worker.start();
    await vi.waitFor(async () => expect(await stateOf(id)).toBe('running'));
    const stopped = worker.stop();
    resolve();
    await stopped;
    expect(await stateOf(id)).toBe('done');
  });

  test('tells of its current job and of what it likes, when it wants to', async () => {
    const { admin, url, token } = server();
    const told = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const { worker, type } = aWorker(async () => {
      worker.clientInfo = { progress: 'half' };
      await worker.pushStatus();
      told.resolve();
      await goOn.promise;
    });
    const id = await admin.submit({ type });
    worker.start();
    await told.promise;
    const answer = await fetch(`${url}/api/workers`, { headers: { authorization: `Bearer ${token}` } });
    const workers = (await answer.json()) as { name: string }[];
    expect(workers.find(({ name }) => name === type)).toMatchObject({
      client_info: { progress: 'half', jobs: [{ job: id, number: 1 }] },
      running: 1,
    });
    goOn.resolve();
    await isOver(id);
  });

  test('says what a job writes for others to see with its next heartbeat', async () => {
    const { admin, url, token } = server();
    const goOn = Promise.withResolvers<void>();
    const { worker, type } = aWorker(
      async () => {
        worker.clientInfo = { step: 'three of nine' };
        await goOn.promise;
      },
      { beatSeconds: 1 },
    );
    const id = await admin.submit({ type });
    worker.start();
    const headers = { authorization: `Bearer ${token}` };
    await vi.waitFor(async () => {
      const workers = (await (await fetch(`${url}/api/workers`, { headers })).json()) as { name: string }[];
      expect(workers.find(({ name }) => name === type)).toMatchObject({
        client_info: { step: 'three of nine' },
      });
    });
    goOn.resolve();
    await isOver(id);
  });

  test('is what this system tells, or what it says itself, by a text, a list, or all of it', async () => {
    const { url, token, admin } = server();
    const shown = async (name: string) => {
      const workers = (await (
        await fetch(`${url}/api/workers`, { headers: { authorization: `Bearer ${token}` } })
      ).json()) as { name: string; capabilities: object }[];
      return workers.find((worker) => worker.name === name)?.capabilities;
    };
    class Other extends TestWorker {
      override get capabilities() {
        return { ...super.capabilities, platforms: ['android-14'], phones: 3 };
      }
    }
    const own = aWorker(async () => 1);
    const told = aWorker(async () => 1);
    told.worker.platform = ['linux', 'arm'];
    told.worker.jobtypes = [told.type, 'more'];
    const options = {
      server: url,
      token: server().workerToken,
      name: 'other',
      folder: join(folder, 'other'),
    };
    const other = new Other(options);
    other.jobtypes = 'other';
    other.act = async () => 'on android';
    onTestFinished(() => other.stop({ endJobs: true }));
    for (const worker of [own.worker, told.worker, other]) worker.start();
    const id = await admin.submit({ type: 'other', platform: 'android-14' });
    await isOver(id);
    await vi.waitFor(async () => expect(await shown(told.type)).toBeDefined());
    await vi.waitFor(async () => expect(await shown(own.type)).toBeDefined());
    expect(await shown(own.type)).toMatchObject({
      jobtypes: [own.type],
      platforms: [process.platform, `${process.platform}-${process.arch}`],
    });
    expect(await shown(told.type)).toMatchObject({
      jobtypes: [told.type, 'more'],
      platforms: ['linux', 'arm'],
    });
    expect(await shown('other')).toMatchObject({ platforms: ['android-14'], phones: 3 });
  });

  test('delivers the result that the one before it on its folder could not', async () => {
    const { admin, url, workerToken } = server();
    const proxy = await freezingProxy(url);
    const done = Promise.withResolvers<void>();
    const first = aWorker(
      async () => {
        proxy.freeze();
        done.resolve();
        return 'kept';
      },
      { server: proxy.url, leaseSeconds: 600 },
    );
    const id = await admin.submit({ type: first.type });
    first.worker.start();
    await done.promise;
    const results = join(folder, first.type, 'results');
    await vi.waitFor(() => expect(readdirSync(results)).toEqual([`${id}.1.json`]));
    // As if it had been killed: the next one has its folder, and reaches the server.
    writeFileSync(join(results, 'broken.json'), '{');
    const told: string[] = [];
    const options = { server: url, token: workerToken, name: 'next', folder: join(folder, first.type) };
    const next = new TestWorker({ ...options, tell: (line) => told.push(line) });
    next.jobtypes = 'nothing';
    next.start();
    onTestFinished(() => next.stop({ endJobs: true }));
    await isOver(id);
    expect((await admin.job(id)).attempts).toMatchObject([{ number: 1, outcome: 'done', result: 'kept' }]);
    expect(told.join()).toContain('broken.json is no result of a job');
    await vi.waitFor(() => expect(readdirSync(results)).toEqual(['broken.json']));
    proxy.thaw();
  });

  test('hears of it when its job is cancelled', async () => {
    const { admin } = server();
    const ended = Promise.withResolvers<void>();
    const { worker, type } = aWorker(
      (_job, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            ended.resolve();
            reject(signal.reason);
          });
        }),
      { leaseSeconds: 2 },
    );
    const id = await admin.submit({ type });
    worker.start();
    await vi.waitFor(async () => expect(await stateOf(id)).toBe('running'));
    await admin.act(id, 'cancel');
    await ended.promise;
    expect(await stateOf(id)).toBe('cancelled');
    await expect(admin.act(id, 'cancel')).rejects.toThrow('is over already');
    await worker.stop();
    expect(await stateOf(id)).toBe('cancelled');
  });

  test('that is killed with -9 loses its job to another one; one that kills each has it set aside', async () => {
    const { admin, url, workerToken } = server();
    const type = 'deadly';
    const id = await admin.submit({ type });
    for (const number of [1, 2]) {
      const child = spawn(
        process.execPath,
        [join(import.meta.dirname, 'fixtures/dying-worker.ts'), url, workerToken, type],
        {
          stdio: 'inherit',
        },
      );
      onTestFinished(() => void child.kill('SIGKILL'));
      await vi.waitFor(async () => {
        const { attempts, state } = await admin.job(id);
        expect([attempts.length, state]).toEqual([number, 'running']);
      });
      child.kill('SIGKILL');
      await vi.waitFor(async () => expect((await admin.job(id)).attempts.at(-1)?.outcome).toBe('lost'));
    }
    expect(await admin.job(id)).toMatchObject({ state: 'lost', verdict: 'error' });
    await admin.act(id, 'retry');
    const { worker } = aWorker(async () => 'alive');
    worker.jobtypes = [type];
    worker.start();
    await isOver(id);
    const { attempts } = await admin.job(id);
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['lost', 'lost', 'done']);
  });
});

describe('the examples', () => {
  const examples = join(import.meta.dirname, '../../../examples/workers');

  test.each([
    ['in Python', 'python3', [join(examples, 'worker.py')], ['plain', 'sh', '-c', 'cat; exit 3'], 'plain'],
    [
      'as a class',
      process.execPath,
      ['--conditions=shakedown-source', join(examples, 'mobile-unittest.ts')],
      [],
      'mobile-unittest',
    ],
  ])('%s', async (_what, program, words, more, type) => {
    const { admin, url, workerToken } = server();
    const child = spawn(program, [...words, url, workerToken, ...more], { stdio: 'inherit' });
    onTestFinished(() => void child.kill('SIGKILL'));
    const id = await admin.submit({ type, name: 'example', app: 'an app' });
    await isOver(id);
    const { verdict, attempts } = await admin.job(id);
    const log = (await admin.log(id, 0, 0)).bytes.toString();
    if (type === 'plain') {
      expect([verdict, attempts[0]?.result]).toEqual(['fail', { exitCode: 3 }]);
      expect(JSON.parse(log)).toMatchObject({ job: id, number: 1, spec: { app: 'an app' } });
    } else {
      expect([verdict, attempts[0]?.result]).toEqual(['pass', { passed: 12, failed: 0 }]);
      expect(log).toBe('testing an app\n');
    }
  });
});

describe('why a job waits', () => {
  const why = async (id: string) => (await server().admin.job(id)).waiting;

  test('it is too early', async () => {
    const notBefore = '2099-01-01T00:00:00.000Z';
    const id = await server().admin.submit({ type: 'early', notBefore });
    expect(await why(id)).toBe(`not before ${notBefore}`);
  });

  test('nobody offers what it needs; who lacks least is told', async () => {
    const { worker, type } = aWorker(async () => undefined);
    worker.platform = 'debian-12';
    worker.start();
    const id = await server().admin.submit({ type, platform: 'debian-12', labels: ['gpu'] });
    await vi.waitFor(async () =>
      expect(await why(id)).toBe(
        `no worker offers job type '${type}', platform 'debian-12', label 'gpu'; ${type} lacks label 'gpu'`,
      ),
    );
  });

  test('those who could are busy, and later gone', async () => {
    const { admin } = server();
    const { promise, resolve } = Promise.withResolvers<void>();
    const { worker, type } = aWorker(() => promise, { beatSeconds: 1 });
    const first = await admin.submit({ type });
    worker.start();
    await vi.waitFor(async () => expect(await stateOf(first)).toBe('running'));
    const id = await admin.submit({ type });
    expect(await why(id)).toBe(`the workers for it are busy: ${type}`);
    resolve();
    await isOver(id);
  });

  test('the one who could is gone without a word', async () => {
    const { admin, url, workerToken } = server();
    const body = { protocol: 1, name: 'silent', capabilities: { jobtypes: ['quiet'] }, beatSeconds: 1 };
    const headers = { authorization: `Bearer ${workerToken}`, 'content-type': 'application/json' };
    await fetch(`${url}/api/workers`, { method: 'POST', headers, body: JSON.stringify(body) });
    const id = await admin.submit({ type: 'quiet' });
    await vi.waitFor(async () =>
      expect(await why(id)).toMatch(/^the workers that could do it are gone: silent since 2/),
    );
  });
});
