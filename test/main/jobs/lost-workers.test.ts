import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type JobContext, JobResult } from '../../../main/jobs/worker/job-context.ts';
import type { WorkerOptions } from '../../../main/jobs/worker/worker-options.ts';
import { aServer } from './fixtures/a-server.ts';
import { freezingProxy } from './fixtures/freezing-proxy.ts';
import { TestWorker } from './fixtures/test-worker.ts';
import { dataFolder } from './fixtures/three-databases.ts';

const server = aServer();
const folder = dataFolder();

/** A worker that reaches the server by an address of its own, and what it has told. */
function aWorker(name: string, more: Partial<WorkerOptions>, act: TestWorker['act']) {
  const heard: string[] = [];
  const { url, workerToken: token } = server();
  const place = join(folder, name);
  const tell = (line: string) => void heard.push(line);
  const worker = new TestWorker({ server: url, token, name, folder: place, tell, ...more });
  worker.act = act;
  onTestFinished(() => worker.stop({ endJobs: true }));
  return { worker, heard, place };
}

const program = (name: string): string => join(import.meta.dirname, 'fixtures', name);

test('a worker that is cut off ends its job before another gets it; back again, it says nothing of what that came to', async () => {
  const { admin, url } = server();
  const proxy = await freezingProxy(url);
  const type = 'cut-off';
  const [begun, ended, back] = [0, 1, 2].map(() => Promise.withResolvers<number>());
  const contexts: JobContext[] = [];
  const options = { server: proxy.url, leaseSeconds: 3, answerWithin: 5 };
  const { worker, heard, place } = aWorker('cut', options, async (_job, context) => {
    contexts.push(context);
    begun?.resolve(0);
    context.signal.addEventListener('abort', () => ended?.resolve(performance.now()));
    await back?.promise;
    await context.log('I am late\n');
    return 'late';
  });
  worker.jobtypes = type;
  const id = await admin.submit({ type });
  worker.start();
  await begun?.promise;
  proxy.freeze();
  const stayed = aWorker('stayed', { leaseSeconds: 3 }, async (_job, context) => {
    await context.log('in time\n');
    return performance.now();
  });
  stayed.worker.jobtypes = type;
  stayed.worker.start();
  await vi.waitFor(async () => expect((await admin.job(id)).state).toBe('done'));
  const elsewhere = (await admin.job(id)).attempts[1]?.result;
  expect(await ended?.promise).toBeLessThan(Number(elsewhere));
  proxy.thaw();
  back?.resolve(0);
  await vi.waitFor(() =>
    expect(heard.join()).toContain('is given up: the job server was not reached in time'),
  );
  const { attempts } = await admin.job(id);
  expect(attempts.map(({ outcome, worker }) => `${outcome} ${worker}`)).toEqual(['lost cut', 'done stayed']);
  expect((await admin.log(id, 0, 0)).bytes.toString()).toBe('in time\n');
  expect(existsSync(join(place, 'results'))).toBe(false);
  // It goes on with the next one.
  const next = await admin.submit({ type });
  await stayed.worker.stop();
  await vi.waitFor(async () => expect((await admin.job(next)).state).toBe('done'));
});

test('a worker that ends its job for it cannot reach the server says nothing of what that came to', async () => {
  const { admin, url } = server();
  const proxy = await freezingProxy(url);
  const begun = Promise.withResolvers<void>();
  const options = { server: proxy.url, leaseSeconds: 10, answerWithin: 2 };
  const { worker } = aWorker('unsure', options, async (job, context) => {
    if (job.number > 1) return 'again';
    begun.resolve();
    await new Promise((resolve) => context.signal.addEventListener('abort', resolve, { once: true }));
    // The server is there again, and the lease is not over yet.
    proxy.thaw();
    return new JobResult('fail', 'ended by a signal');
  });
  worker.jobtypes = 'unsure';
  const id = await admin.submit({ type: 'unsure' });
  worker.start();
  await begun.promise;
  proxy.freeze();
  await vi.waitFor(async () => expect((await admin.job(id)).state).toBe('done'));
  const { attempts, verdict } = await admin.job(id);
  expect([verdict, attempts.map(({ outcome }) => outcome)]).toEqual(['pass', ['lost', 'done']]);
});

test('a worker that knows two servers keeps its job when one says nothing any more', async () => {
  const { admin, url } = server();
  const proxy = await freezingProxy(url);
  const type = 'two-ways';
  const options = { server: `${proxy.url},${url}`, leaseSeconds: 4, answerWithin: 2 };
  const { worker } = aWorker(type, options, async (_job, context) => {
    proxy.freeze();
    await context.log('before\n');
    // Longer than the lease.
    await sleep(6000);
    await context.log('after\n');
    return context.signal.aborted;
  });
  worker.jobtypes = type;
  const id = await admin.submit({ type });
  worker.start();
  await vi.waitFor(async () => expect((await admin.job(id)).state).toBe('done'));
  expect((await admin.job(id)).attempts).toMatchObject([{ outcome: 'done', result: false }]);
  expect((await admin.log(id, 0, 0)).bytes.toString()).toBe('before\nafter\n');
});

test('a worker that is told to stop while its server is away does not wait for that', async () => {
  const proxy = await freezingProxy(server().url);
  const options = { server: proxy.url, beatSeconds: 1, answerWithin: 2 };
  const { worker } = aWorker('left-alone', options, async () => null);
  const told = vi.spyOn(worker, 'pushStatus');
  worker.start();
  await vi.waitFor(() => expect(told).toHaveBeenCalled());
  proxy.freeze();
  // Whatever was under way then, there is a heartbeat now that has no answer.
  await sleep(3000);
  await worker.stop();
});

test('a worker that has not reached its server yet does not wait for that either when it is told to stop', async () => {
  const results = join(folder, 'unreached', 'results');
  mkdirSync(results, { recursive: true });
  // What one before it could not deliver, which comes first.
  const left = { job: randomUUID(), number: 1, verdict: 'pass', result: null };
  for (const before of [undefined, left]) {
    if (before) writeFileSync(join(results, 'one.json'), JSON.stringify(before));
    const worker = new TestWorker({
      ...{ server: 'http://127.0.0.1:9', token: 'sd_x', name: 'unreached' },
      folder: join(folder, 'unreached'),
    });
    worker.jobtypes = 'unreached';
    const running = worker.run();
    await sleep(300);
    await worker.stop();
    await running;
  }
  expect(readdirSync(results)).toEqual(['one.json']);
});

test('a worker that is killed with -9 has its job done elsewhere within 12 s of its last word', async () => {
  const { admin, url, workerToken } = server();
  const type = 'killed';
  const id = await admin.submit({ type });
  const child = spawn(process.execPath, [program('dying-worker.ts'), url, workerToken, type, '10'], {
    stdio: 'inherit',
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await vi.waitFor(async () => expect((await admin.job(id)).state).toBe('running'));
  // Before it renews its lease.
  child.kill('SIGKILL');
  const { worker } = aWorker('heir', {}, async () => 'inherited');
  worker.jobtypes = type;
  worker.start();
  await vi.waitFor(async () => expect((await admin.job(id)).state).toBe('done'));
  const { attempts } = await admin.job(id);
  expect(attempts.map(({ outcome }) => outcome)).toEqual(['lost', 'done']);
  const [first, second] = attempts.map(({ startedAt }) => Date.parse(startedAt));
  expect((second ?? 0) - (first ?? 0)).toBeLessThan(12_000);
});

test.each([
  ['ahead', 1],
  ['behind', -1],
])('a worker whose clock is an hour %s is as good as any', async (way, hours) => {
  const { admin, url, workerToken } = server();
  const type = `hour-${way}`;
  const id = await admin.submit({ type });
  const words = ['--import', program('other-clock.ts'), program('obedient-worker.ts'), url, workerToken];
  const env = { ...process.env, TEST_CLOCK_HOURS: String(hours) };
  const child = spawn(process.execPath, [...words, type], { stdio: 'inherit', env });
  onTestFinished(() => void child.kill('SIGKILL'));
  await vi.waitFor(async () => expect((await admin.job(id)).state).toBe('done'));
  const { attempts, phases, createdAt, endedAt } = await admin.job(id);
  const result = Date.parse(String(attempts[0]?.result));
  const [started, ended] = [Date.parse(attempts[0]?.startedAt ?? ''), Date.parse(endedAt ?? '')];
  expect((result - ended) * hours).toBeGreaterThan(3_000_000);
  expect(started).toBeGreaterThanOrEqual(Date.parse(createdAt));
  expect(ended - started).toBeLessThan(600_000);
  expect(phases).toEqual([{ phase: 'check', state: 'running', startMs: 5, durationMs: null }]);
});

test('a token that is revoked while a job runs ends that, and the worker says why it goes', async () => {
  const { admin, url } = server();
  const { id: tokenId, token } = await admin.makeToken('short', 'worker');
  const type = 'revoked';
  const { worker, heard } = aWorker(type, { token, server: url, leaseSeconds: 2 }, async (_job, context) => {
    await admin.revokeToken(tokenId);
    await new Promise((resolve) => context.signal.addEventListener('abort', resolve));
    throw context.signal.reason;
  });
  worker.jobtypes = type;
  const id = await admin.submit({ type, attempts: 1 });
  worker.start();
  await vi.waitFor(async () => expect((await admin.job(id)).state).toBe('lost'));
  await vi.waitFor(() => expect(heard.join()).toContain('send a token that is valid'));
});
