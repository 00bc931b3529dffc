// node bench/job-server/load.ts: the server's memory with 10,000 jobs queued, the heartbeats of 1,000
// simulated workers, and how soon the job of a worker that was killed is begun by another one.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { JobsApi } from '../../main/jobs/client/jobs-api.ts';
import { dataFolder, removeFolders } from './data-folder.ts';
import { startServerProcess } from './server-process.ts';

const [jobs, workers, rounds] = [10_000, 1000, 5];

for (const [name, args] of [
  ['private PostgreSQL', []],
  ['PGlite', ['--pglite']],
] as const) {
  await using server = await startServerProcess(dataFolder(), args);
  const { url, token, child } = server;
  const api = new JobsApi({ server: url, token });
  const before = memory(child.pid);
  await inTurns(jobs, 20, () => api.submit({ type: 't', name: 'queued' }));
  await api.jobs({ limit: '1000' });
  console.log(
    `${name}: the server's memory is ${before} MB, and ${memory(child.pid)} MB with ${jobs} jobs queued`,
  );

  const ids: string[] = [];
  const capabilities = { jobtypes: ['b'] };
  await inTurns(workers, 20, async () =>
    ids.push(await api.register({ protocol: 1, name: 'b', capabilities })),
  );
  const cpu = cpuSeconds(child.pid);
  const began = performance.now();
  const times: number[] = [];
  await inTurns(workers * rounds, 20, async (at) => {
    const asked = performance.now();
    await api.beat(ids[at % workers] ?? '', { jobs: [] });
    times.push(performance.now() - asked);
  });
  const seconds = (performance.now() - began) / 1000;
  times.sort((a, b) => a - b);
  const p99 = times[Math.floor(times.length * 0.99)]?.toFixed(1);
  const each = (((cpuSeconds(child.pid) - cpu) / times.length) * 1000).toFixed(2);
  const share = ((Number(each) / 1000) * (workers / 60) * 100).toFixed(1);
  console.log(
    `${name}: ${Math.round(times.length / seconds)} heartbeats/s, p99 ${p99} ms, ${each} ms of the server's CPU each: ` +
      `${workers} workers at 60 s take ${share} % of a core`,
  );

  const delays: number[] = [];
  for (let each = 0; each < 5; each++) {
    const [dying, other] = [spawnWorker(url, token), spawnWorker(url, token)];
    const id = await api.submit({ type: 'idle' });
    const first = await attemptOf(api, id, 1);
    const killed = first === dying.pid ? dying : other;
    killed.kill('SIGKILL');
    const from = performance.now();
    await attemptOf(api, id, 2);
    delays.push((performance.now() - from) / 1000);
    await api.act(id, 'cancel');
    for (const worker of [dying, other]) {
      worker.kill('SIGKILL');
      if (worker.exitCode === null && worker.signalCode === null) await once(worker, 'exit');
    }
  }
  const said = delays.map((delay) => delay.toFixed(1)).join(', ');
  console.log(`${name}: a killed worker's job was begun elsewhere after ${said} s`);
}
removeFolders();

/** Calls `act` so many times, some at once. */
async function inTurns(times: number, atOnce: number, act: (at: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < times) await act(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

function spawnWorker(url: string, token: string) {
  const program = join(import.meta.dirname, 'idle-worker.ts');
  return spawn(process.execPath, [program, url, token, dataFolder()], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** Waits until an attempt is under way; gives the process of its worker. */
async function attemptOf(api: JobsApi, id: string, number: number): Promise<number> {
  for (;;) {
    const attempt = (await api.job(id)).attempts.find((each) => each.number === number);
    if (attempt) return Number(attempt.worker);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** MB that a process has in memory. */
function memory(pid: number | undefined): number {
  const [, kilobytes = '0'] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kilobytes) / 1024);
}

/** CPU seconds of a process so far, at the 100 ticks a second of Linux. */
function cpuSeconds(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
