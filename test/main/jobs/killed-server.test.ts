import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { JobsApi } from '../../../main/jobs/client/jobs-api.ts';
import { TestWorker } from './test-worker.ts';
import { dataFolder } from './three-databases.ts';

vi.setConfig({ testTimeout: 400_000, hookTimeout: 400_000 });

const program = join(import.meta.dirname, '../../../bin/shakedown.mjs');
const jobs = 200;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address ? address.port : 0;
}

/** Starts a server of the command line and waits until it says where it is. */
async function start(folder: string, port: number, more: readonly string[]) {
  const args = ['server', '--data', folder, '--port', String(port), ...more];
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text) => {
    said += text;
  });
  const url = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]).then(([text]) =>
    String(text),
  );
  expect(url, said).toContain(String(port));
  // The token is told after the address.
  await vi.waitFor(() => expect(said).toMatch(/PostgreSQL|trial database/), { timeout: 60_000 });
  return { child, said: () => said };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, 'exit');
}

test.each([
  ['its private PostgreSQL', []],
  ['PGlite', ['--pglite']],
])('a server on %s is killed while jobs run: none is lost, none has two results', async (_what, more) => {
  const [folder, port] = [dataFolder(), await freePort()];
  const server = `http://127.0.0.1:${port}`;
  const first = await start(folder, port, more);
  onTestFinished(() => end(first.child, 'SIGTERM'));
  const token = await vi.waitFor(() => {
    const [found] = /sd_[\w-]+/.exec(first.said()) ?? [];
    if (!found) throw new Error(first.said());
    return found;
  });
  const admin = new JobsApi({ server, token, patience: 300 });
  const ids: string[] = [];
  for (let each = 0; each < jobs; each++) ids.push(await admin.submit({ type: 't', attempts: 10 }));
  let done = 0;
  const workers = Array.from({ length: 20 }, (_, index) => {
    const worker = new TestWorker({
      server,
      token,
      name: `w${index}`,
      leaseSeconds: 60,
      folder: join(folder, `w${index}`),
    });
    worker.jobtypes = 't';
    worker.act = async (job, context) => {
      await context.log('a line\n');
      await sleep(20);
      done++;
      return job.job;
    };
    worker.start();
    return worker;
  });
  onTestFinished(
    async () => void (await Promise.all(workers.map((worker) => worker.stop({ endJobs: true })))),
  );
  await vi.waitFor(() => expect(done).toBeGreaterThan(jobs / 4), { timeout: 120_000, interval: 5 });
  await end(first.child, 'SIGKILL');
  const second = await start(folder, port, more);
  onTestFinished(() => end(second.child, 'SIGTERM'));
  await vi.waitFor(
    async () => expect(await admin.jobs({ state: 'done', limit: '1000' })).toHaveLength(jobs),
    { timeout: 240_000, interval: 500 },
  );
  for (const id of ids) {
    const { attempts } = await admin.job(id);
    expect(attempts.filter(({ outcome }) => outcome === 'done')).toMatchObject([{ result: id }]);
  }
  await Promise.all(workers.map((worker) => worker.stop()));
  await end(second.child, 'SIGTERM');
  expect(second.child.exitCode).toBe(0);
});
