// node bench/job-server.ts [JOBS]: jobs per second that are enqueued, claimed and settled by our queue and by
// bare pg-boss, on the private PostgreSQL and on PGlite, and the time from submit to start on an idle server.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JobsApi } from '../main/jobs/client/jobs-api.ts';
import { openDatabase } from '../main/jobs/databases/open-database.ts';
import { bossOf } from '../main/jobs/queue/boss-of.ts';
import { Queue } from '../main/jobs/queue/queue.ts';
import { startServer } from '../main/jobs/server/start-server.ts';
import { kyselyOf } from '../main/jobs/store/kysely-of.ts';
import { migrate } from '../main/jobs/store/migrate.ts';

const count = Number(process.argv[2] ?? 500);
const tell = () => undefined;
const capabilities = { jobtypes: ['t'], platforms: [], labels: [] };
const folders: string[] = [];

const databases: readonly (readonly [name: string, binaries: false | undefined])[] = [
  ['private PostgreSQL', undefined],
  ['PGlite', false],
];
for (const [name, binaries] of databases) {
  await throughput(name, binaries);
  await latency(name, binaries);
}
for (const folder of folders) rmSync(folder, { recursive: true, force: true });

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bj'));
  // The database's account enters it.
  chmodSync(folder, 0o711);
  folders.push(folder);
  return folder;
}

/** Takes jobs with so many at once until there is none; gives jobs per second. */
async function rate(atOnce: number, take: (worker: number) => Promise<unknown>): Promise<number> {
  const began = performance.now();
  let done = 0;
  const work = async (worker: number): Promise<void> => {
    while (await take(worker)) done++;
  };
  await Promise.all(Array.from({ length: atOnce }, (_, worker) => work(worker)));
  return Math.round((done / (performance.now() - began)) * 1000);
}

async function throughput(name: string, binaries: false | undefined): Promise<void> {
  await using database = await openDatabase({ folder: newFolder(), binaries, tell });
  await migrate(database);
  const boss = await bossOf(database, tell);
  const queue = new Queue(database, kyselyOf(database), boss);
  await boss.createQueue('bare');
  await database.ask(`INSERT INTO workers (id, name, capabilities, slots, client_info, beat_seconds)
    SELECT 'w' || n, 'w', '${JSON.stringify(capabilities)}', 1, '{}', 60 FROM generate_series(0, 199) AS n`);
  let request = 0;
  for (const atOnce of [1, 20, 200]) {
    const job = { name: 'j', needs: { type: 't', labels: [] }, spec: {}, submitter: 's' };
    for (let each = 0; each < count; each++) await queue.enqueue(job);
    for (let each = 0; each < count; each++) await boss.send('bare', {});
    const ours = await rate(atOnce, async (worker) => {
      const wishes = { worker: `w${worker}`, token: '', request: `${request++}`, leaseSeconds: 60 };
      const given = await queue.claim(wishes);
      return given.standing === 'claimed' && (await queue.settle(given.claim, '', 1, 'pass'));
    });
    const bare = await rate(atOnce, async () => {
      const [found] = await boss.fetch('bare', { includeMetadata: true });
      return found && (await boss.complete('bare', { id: found.id, retryCount: found.retryCount }));
    });
    console.log(`${name}, ${atOnce} workers: ours ${ours} jobs/s, bare pg-boss ${bare} jobs/s`);
  }
  await boss.stop({ graceful: false });
}

async function latency(name: string, binaries: false | undefined): Promise<void> {
  await using server = await startServer({ folder: newFolder(), binaries, host: '127.0.0.1', port: 0, tell });
  const api = new JobsApi({ server: server.url, token: server.firstToken ?? '' });
  const worker = await api.register({ protocol: 1, name: 'w', capabilities: { jobtypes: ['t'] } });
  const times: number[] = [];
  for (let each = 0; each < 100; each++) {
    const wishes = { worker, request: `l${each}`, wait: 20, lease: 60 };
    const claiming = api.claim(wishes, new AbortController().signal);
    // Until it waits.
    await new Promise((resolve) => setTimeout(resolve, 30));
    const began = performance.now();
    await api.submit({ type: 't' });
    const claimed = await claiming;
    if (!claimed) throw new Error('the claim gave no job');
    const { job, number } = claimed;
    times.push(performance.now() - began);
    await api.settle(job, number, { verdict: 'pass', result: 1 });
  }
  times.sort((a, b) => a - b);
  const at = (index: number) => times[index]?.toFixed(1);
  console.log(`${name}: submit to start ${at(50)} ms (p50), ${at(98)} ms (p99)`);
}
