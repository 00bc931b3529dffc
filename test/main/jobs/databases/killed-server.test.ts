import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { rounds } from '../../../rounds.ts';
import { jobsOutlive } from '../fixtures/load.ts';
import { endProcess, freePort, startServerProcess } from '../fixtures/server-process.ts';
import { dataFolder } from '../fixtures/three-databases.ts';

test.each([
  ['its private PostgreSQL', []],
  ['PGlite', ['--pglite']],
])('a server on %s is killed while jobs run: none is lost, none has two results', async (_what, more) => {
  const [folder, port] = [dataFolder(), await freePort()];
  const [kills, jobs] = [rounds(1, 10), rounds(200, 1000)];
  const { child, token, url: server } = await startServerProcess(folder, port, more);
  let last = child;
  const fault = async (further: (jobs: number) => Promise<void>) => {
    for (let kill = 0; kill < kills; kill++) {
      await endProcess(last, 'SIGKILL');
      last = (await startServerProcess(folder, port, more)).child;
      await further(jobs / kills / 2);
    }
  };
  await jobsOutlive({ server, token, folder, jobs, workers: 20, fault });
  await endProcess(last, 'SIGTERM');
  expect(last.exitCode).toBe(0);
});

/** The first process of a server's own PostgreSQL. */
const postmaster = (folder: string): number =>
  Number(readFileSync(join(folder, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[0]);

test.each([
  ['killed with -9', 'SIGKILL'],
  ['restarted, its connections cut', 'SIGINT'],
] as const)('the private PostgreSQL is %s under load, again and again', async (_how, signal) => {
  const folder = dataFolder();
  const { token, url: server, said, child } = await startServerProcess(folder, await freePort());
  const fault = async () => {
    for (let round = 0; round < rounds(2, 10); round++) {
      const pid = postmaster(folder);
      process.kill(pid, signal);
      await vi.waitFor(() => expect(postmaster(folder)).not.toBe(pid), { interval: 50 });
      await vi.waitFor(async () => expect((await fetch(`${server}/readyz`)).status).toBe(200));
    }
  };
  await jobsOutlive({ server, token, folder, jobs: rounds(100, 1000), fault });
  // What was away is told in a sentence, not with where in the program it was missed.
  expect(said()).not.toMatch(/^\s+at /m);
  await endProcess(child, 'SIGTERM');
  expect(child.exitCode).toBe(0);
});
