import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, vi } from 'vitest';
import { JobsApi } from '../../../main/jobs/client/jobs-api.ts';
import { TestWorker } from './test-worker.ts';

export interface LoadOptions {
  /** URLs of job servers, as a worker gets them. */
  readonly server: string;
  readonly token: string;
  /** For what the workers keep. */
  readonly folder: string;
  readonly jobs: number;
  readonly workers?: number;
  /** What goes wrong, once a third of the jobs is done. */
  readonly fault: () => Promise<unknown>;
}

/**
 * Submits jobs, and has workers claim, log to and settle them at the same time, while something goes wrong:
 * each job is done, and none has two results.
 */
export async function jobsOutlive({ server, token, folder, jobs, workers = 8, fault }: LoadOptions) {
  const api = new JobsApi({ server, token, patience: 300 });
  let done = 0;
  const all = Array.from({ length: workers }, (_, index) => {
    const name = `w${index}`;
    // In another order each: they ask all of them.
    const urls = server.split(',');
    const own = [...urls.slice(index % urls.length), ...urls.slice(0, index % urls.length)].join(',');
    const place = join(folder, name);
    const worker = new TestWorker({ server: own, token, name, leaseSeconds: 60, folder: place });
    worker.jobtypes = 't';
    worker.act = async (job, context) => {
      await context.log(`${job.job}\n`);
      await sleep(20);
      done++;
      return job.job;
    };
    worker.start();
    return worker;
  });
  onTestFinished(async () => void (await Promise.all(all.map((worker) => worker.stop({ endJobs: true })))));
  const failing = vi
    .waitFor(() => expect(done).toBeGreaterThan(jobs / 3), { timeout: 120_000, interval: 5 })
    .then(fault);
  const ids: string[] = [];
  for (let each = 0; each < jobs; each++) ids.push(await api.submit({ type: 't', attempts: 10 }));
  await failing;
  const waitLong = { timeout: 240_000, interval: 200 };
  await vi.waitFor(async () => {
    const ended = await api.jobs({ state: 'done', limit: '1000' });
    expect(ended).toHaveLength(jobs);
  }, waitLong);
  for (const id of ids) {
    const { attempts } = await api.job(id);
    expect(attempts.filter(({ outcome }) => outcome === 'done')).toMatchObject([{ result: id }]);
    expect((await api.log(id, 0, 0, { attempt: attempts.length })).bytes.toString()).toBe(`${id}\n`);
  }
  expect(new Set(ids).size).toBe(jobs);
  await Promise.all(all.map((worker) => worker.stop()));
}
