// node bench/job-server.ts [JOBS] [DATABASE]: jobs per second that are claimed and settled by our
// queue, and by bare pg-boss on the same database, in turns; over HTTP, too; and the time from
// submit to start while so many workers wait. On a PostgreSQL of its own, one at a URL, and
// PGlite, with 1, 20 and 200 simulated workers.
import { join } from 'node:path';
import { PgBoss } from 'pg-boss';
import { JobsApi } from '../main/jobs/client/jobs-api.ts';
import { openDatabase } from '../main/jobs/databases/open-database.ts';
import { bossOf } from '../main/jobs/queue/boss-of.ts';
import { Queue } from '../main/jobs/queue/queue.ts';
import { kyselyOf } from '../main/jobs/store/kysely-of.ts';
import { migrate } from '../main/jobs/store/migrate.ts';
import { dataFolder, removeFolders } from './job-server/data-folder.ts';
import { startServerProcess } from './job-server/server-process.ts';

const count = Number(process.argv[2] ?? 500);
const tell = () => undefined;
const crowds = [1, 20, 200];
/** Ours and theirs by turns, so that a busy moment of the machine falls on both. */
const turns = 5;
const capabilities = { jobtypes: ['t'], platforms: [], labels: [] };
const kinds = ['private PostgreSQL', 'PostgreSQL at a URL', 'PGlite'] as const;
type Kind = (typeof kinds)[number];

const urlOf = (folder: string): string =>
  `postgres://shakedown@${encodeURIComponent(join(folder, 'postgres/socket'))}/postgres`;

const only = process.argv[3];
for (const kind of kinds.filter((each) => only === undefined || each === only)) {
  await rates(kind);
  await overHttp(kind);
}
removeFolders();

/** Takes with so many at once until there is nothing; gives the seconds. */
async function secondsFor(crowd: number, take: (worker: number) => Promise<unknown>): Promise<number> {
  const began = performance.now();
  const work = async (worker: number): Promise<void> => {
    while (await take(worker));
  };
  await Promise.all(Array.from({ length: crowd }, (_, worker) => work(worker)));
  return (performance.now() - began) / 1000;
}

async function rates(kind: Kind): Promise<void> {
  const folder = dataFolder();
  await using own = await openDatabase({ folder, tell, binaries: kind === 'PGlite' ? false : undefined });
  await using at =
    kind === 'PostgreSQL at a URL' ? await openDatabase({ folder, tell, url: urlOf(folder) }) : undefined;
  const database = at ?? own;
  await migrate(database);
  const boss = await bossOf(database, tell);
  const queue = new Queue(database, kyselyOf(database), boss);
  // With a pool of its own, as one would have it; there is only one way to a PGlite.
  const bare = kind === 'PGlite' ? boss : new PgBoss({ connectionString: urlOf(folder), supervise: false });
  bare.on('error', tell);
  if (bare !== boss) await bare.start();
  await bare.createQueue('bare');
  await database.ask(`INSERT INTO workers (id, name, capabilities, slots, client_info, beat_seconds)
    SELECT 'w' || n, 'w', '${JSON.stringify(capabilities)}', 1, '{}', 60 FROM generate_series(0, 199) AS n`);
  let request = 0;
  const job = { name: 'j', needs: { type: 't', labels: [] }, spec: {}, submitter: 's' };
  const theirs = async () => {
    const [found] = await bare.fetch('bare');
    return found && (await bare.complete('bare', { id: found.id, retryCount: found.retryCount }));
  };
  const ours = async (worker: number) => {
    const wishes = { worker: `w${worker}`, token: '', request: `${request++}`, leaseSeconds: 60 };
    const given = await queue.claim(wishes);
    return given.standing === 'claimed' && (await queue.settle(given.claim, '', 1, 'pass'));
  };
  for (const crowd of crowds) {
    let [ourSeconds, theirSeconds] = [0, 0];
    for (let turn = 0; turn < turns; turn++) {
      for (let each = 0; each < count / turns; each++) {
        await queue.enqueue(job);
        await bare.send('bare', {});
      }
      theirSeconds += await secondsFor(crowd, theirs);
      ourSeconds += await secondsFor(crowd, ours);
    }
    const [our, their] = [ourSeconds, theirSeconds].map((seconds) => Math.round(count / seconds));
    const ratio = (theirSeconds / ourSeconds).toFixed(2);
    console.log(
      `${kind}, ${crowd} workers: ours ${our} jobs/s, bare pg-boss ${their} jobs/s, ratio ${ratio}`,
    );
  }
  if (bare !== boss) await bare.stop({ graceful: false });
  await boss.stop({ graceful: false });
}

async function overHttp(kind: Kind): Promise<void> {
  const folder = dataFolder();
  const under = dataFolder();
  await using own = kind === 'PostgreSQL at a URL' ? await openDatabase({ folder: under, tell }) : undefined;
  const env = own ? { DATABASE_URL: urlOf(under) } : {};
  await using server = await startServerProcess(folder, kind === 'PGlite' ? ['--pglite'] : [], env);
  const api = new JobsApi({ server: server.url, token: server.token });
  const workers: string[] = [];
  const register = () => api.register({ protocol: 1, name: 'w', capabilities: { jobtypes: ['t'] } });
  let request = 0;
  const { signal } = new AbortController();
  const claim = (worker: string, wait: number) =>
    api.claim({ worker, request: `h${request++}`, wait, lease: 60 }, signal);
  for (const crowd of crowds) {
    while (workers.length < crowd) workers.push(await register());
    for (let each = 0; each < count; each++) await api.submit({ type: 't' });
    const seconds = await secondsFor(crowd, async (at) => {
      const claimed = await claim(workers[at] ?? '', 0);
      if (claimed) await api.settle(claimed.job, claimed.number, { verdict: 'pass', result: 1 });
      return claimed;
    });
    const ours = Math.round(count / seconds);
    const times = await waits(api, workers, claim);
    const at = (index: number) => times[index]?.toFixed(1);
    const said = `submit to start ${at(50)} ms (p50), ${at(98)} ms (p99)`;
    console.log(`${kind}, ${crowd} workers, over HTTP: ${ours} jobs/s; ${said}`);
  }
}

/** ms from submit to start of 100 jobs, one after the other, while all these workers wait; sorted. */
async function waits(
  api: JobsApi,
  workers: readonly string[],
  claim: (worker: string, wait: number) => ReturnType<JobsApi['claim']>,
): Promise<number[]> {
  const begun = new Map<string, number>();
  let isOver = false;
  const working = workers.map(async (worker) => {
    while (!isOver) {
      const claimed = await claim(worker, 20);
      if (!claimed) continue;
      begun.set(claimed.job, performance.now());
      await api.settle(claimed.job, claimed.number, { verdict: 'pass', result: 1 });
    }
  });
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  // Until all of them wait.
  await pause(1000);
  const times: number[] = [];
  for (let each = 0; each < 100; each++) {
    const began = performance.now();
    const id = await api.submit({ type: 't' });
    while (!begun.has(id)) await pause(1);
    times.push((begun.get(id) ?? 0) - began);
    await pause(20);
  }
  isOver = true;
  // Each has one more, and ends.
  for (const _ of workers) await api.submit({ type: 't' });
  await Promise.all(working);
  return times.sort((a, b) => a - b);
}
