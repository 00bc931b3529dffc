import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Database } from '../../../../main/jobs/databases/database.ts';
import { bossOf } from '../../../../main/jobs/queue/boss-of.ts';
import { Queue } from '../../../../main/jobs/queue/queue.ts';
import type { AttemptKey } from '../../../../main/jobs/queue/queued-job.ts';
import { kyselyOf, type Store } from '../../../../main/jobs/store/kysely-of.ts';
import { migrate } from '../../../../main/jobs/store/migrate.ts';
import type { Verdict } from '../../../../main/jobs/store/tables.ts';
import { databaseFor, kinds } from '../fixtures/three-databases.ts';

const submitter = 'someone';
const token = 'token-1';
let count = 0;
const unique = () => `r${count++}`;

// Databases are made, and flushed to a disk that others use too.
describe.each(kinds)('the queue on %s', (kind) => {
  const database = databaseFor(kind);
  let queue: Queue;
  let store: Store;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    await migrate(database());
    const boss = await bossOf(database(), (line) => {
      throw new Error(line);
    });
    stop = () => boss.stop({ graceful: false });
    store = kyselyOf(database());
    queue = new Queue(database(), store, boss);
    return () => stop();
  });

  const add = (label: string, more = {}) =>
    queue.enqueue({
      name: label,
      needs: { type: 't', labels: [label] },
      spec: { label },
      submitter,
      ...more,
    });
  const known = new Set<string>();
  /** The id of a worker that has these labels. */
  const workerWith = async (labels: readonly string[], more: WorkerWishes = {}): Promise<string> => {
    const id = JSON.stringify([labels, more]);
    if (!known.has(id)) await addWorker(store, id, labels, more);
    known.add(id);
    return id;
  };
  const claim = async (labels: readonly string[], { name = 'w', request = unique() } = {}) => {
    const worker = await workerWith(labels, { name });
    const given = await queue.claim({ worker, token, request, leaseSeconds: 60 });
    return given.standing === 'claimed' ? given.claim : undefined;
  };
  const took = async (labels: readonly string[], more = {}) => {
    const claimed = await claim(labels, more);
    if (!claimed) throw new Error('there is nothing to claim');
    return claimed;
  };
  const standing = async (worker: string, asWhom = token) =>
    (await queue.claim({ worker, token: asWhom, request: unique(), leaseSeconds: 60 })).standing;
  const settle = (key: AttemptKey, result: unknown, verdict: Verdict) =>
    queue.settle(key, token, result, verdict);
  const job = (id: string) =>
    store.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  /** As if the worker had been silent for long. */
  const silence = (id: string) =>
    store
      .updateTable('attempts')
      .set({ lease_until: new Date(0) })
      .where('job', '=', id)
      .execute();

  test('gives a job once, with what was submitted, to one who can do it', async () => {
    const id = await add('a', { spec: { deep: [{ x: 1 }], label: 'a' } });
    expect(await claim(['b'])).toBeUndefined();
    expect(await standing(await workerWith(['a'], { jobtypes: ['u'] }))).toBe('none');
    const claimed = await claim(['a', 'b']);
    expect(claimed).toMatchObject({ job: id, number: 1, name: 'a', spec: { deep: [{ x: 1 }] } });
    expect(await claim(['a'])).toBeUndefined();
    expect((await job(id)).state).toBe('running');
  });

  test('gives the most urgent first, then the oldest, past any number that this worker cannot do', async () => {
    const names = ['p0', 'p5', 'p5'];
    for (let each = 0; each < 30; each++) await add(`not-${each % 3}`, { priority: 9 });
    const ids: string[] = [];
    for (const [index, name] of names.entries()) {
      ids.push(await add('order', { name, priority: index === 0 ? 0 : 5 }));
    }
    const order = [await took(['order']), await took(['order']), await took(['order'])];
    expect(order.map((each) => each.job)).toEqual([ids[1], ids[2], ids[0]]);
  });

  test('gives the same attempt for the same request, and nothing once it is over', async () => {
    const id = await add('again');
    const request = unique();
    const first = await took(['again'], { request });
    expect(await claim(['again'], { request })).toEqual(first);
    await expect(claim(['again'], { request, name: 'other' })).resolves.toBeUndefined();
    expect(await settle(first, 1, 'pass')).toBe('settled');
    expect(await claim(['again'], { request })).toBeUndefined();
    expect((await job(id)).state).toBe('done');
  });

  test('takes a result once; the same one again is known, another one is refused', async () => {
    const id = await add('settle');
    const key = await took(['settle']);
    expect(await settle(key, { b: 1, a: 'x' }, 'fail')).toBe('settled');
    expect(await settle(key, { a: 'x', b: 1 }, 'fail')).toBe('again');
    expect(await settle(key, { a: 'y' }, 'pass')).toBe('stale');
    expect(await settle({ job: id, number: 7 }, 1, 'pass')).toBe('unknown');
    expect(await queue.settle(key, 'token-2', 1, 'pass')).toBe('foreign');
    expect(await queue.beat(key)).toBe(false);
    expect(await job(id)).toMatchObject({ state: 'done', verdict: 'fail' });
  });

  test('lets a lost worker’s job run elsewhere, and refuses that worker’s late result', async () => {
    const id = await add('lost');
    const dead = await took(['lost']);
    expect(await queue.beat(dead)).toBe(true);
    await silence(id);
    expect(await queue.endOverdue()).toEqual([{ job: id, number: 1, why: 'lost' }]);
    expect(await settle(dead, 'late', 'pass')).toBe('stale');
    const next = await took(['lost'], { name: 'other' });
    expect(next).toMatchObject({ job: id, number: 2 });
    expect(await settle(dead, 'later', 'pass')).toBe('stale');
    expect(await queue.beat(dead)).toBe(false);
    expect(await settle(next, 'good', 'pass')).toBe('settled');
    expect(await job(id)).toMatchObject({ state: 'done', verdict: 'pass' });
  });

  test('sets a job aside that loses its worker each time, and takes it again when told', async () => {
    const id = await add('killer');
    for (const number of [1, 2]) {
      expect(await took(['killer'])).toMatchObject({ number });
      await silence(id);
      await queue.endOverdue();
    }
    expect(await claim(['killer'])).toBeUndefined();
    expect(await job(id)).toMatchObject({ state: 'lost', verdict: 'error' });
    expect(await queue.retry(id)).toBe(true);
    expect(await queue.retry(id)).toBe(false);
    const third = await took(['killer']);
    expect(third).toMatchObject({ job: id, number: 3 });
    expect(await settle(third, 1, 'pass')).toBe('settled');
  });

  test('cancels what waits and what runs, once', async () => {
    const [waiting, running] = [await add('cancel-1'), await add('cancel-2')];
    const key = await took(['cancel-2']);
    expect([await queue.cancel(waiting), await queue.cancel(running)]).toEqual([true, true]);
    expect([await queue.cancel(waiting), await queue.cancel('no-such')]).toEqual([false, false]);
    expect(await claim(['cancel-1'])).toBeUndefined();
    expect(await queue.beat(key)).toBe(false);
    expect(await settle(key, 1, 'pass')).toBe('stale');
    expect((await job(running)).state).toBe('cancelled');
  });

  test('keeps a job for years that nobody takes, and does not forget one that is done', async () => {
    const [label, done] = [unique(), unique()];
    const [waits, ran] = [await add(label), await add(done)];
    await settle(await took([done]), null, 'pass');
    const { rows } = await database().ask(
      `SELECT jobs.id, (extract(epoch FROM keep_until - now()) / 31536000)::integer AS years, deletion_seconds
       FROM jobs JOIN pgboss.job ON job.id::text = jobs.boss_id WHERE jobs.id IN ($1, $2)`,
      [waits, ran],
    );
    const of = new Map(rows.map(({ id, ...row }) => [id, row]));
    expect(of.get(waits)).toMatchObject({ deletion_seconds: 0 });
    expect(Number(of.get(waits)?.years ?? 0)).toBeGreaterThan(50);
    expect(of.get(ran)).toMatchObject({ deletion_seconds: 0 });
  });

  test('holds a job back until its time', async () => {
    await add('later', { notBefore: new Date(Date.now() + 3_600_000) });
    expect(await claim(['later'])).toBeUndefined();
    await add('sooner', { notBefore: new Date(Date.now() + 50) });
    expect(await claim(['sooner'])).toBeUndefined();
    await vi.waitFor(async () => expect(await queue.release()).toBe(1));
    expect(await claim(['sooner'])).toBeDefined();
    expect(await claim(['later'])).toBeUndefined();
  });

  test('ends an attempt whose time limit is over, though its worker renews it, and does not repeat it', async () => {
    const id = await add('limit', { timeLimit: 3600 });
    const key = await took(['limit']);
    expect(key.timeLimit).toBe(3600);
    expect(await queue.endOverdue()).toEqual([]);
    await database().ask('UPDATE attempts SET ends_by = $2 WHERE job = $1', [id, new Date(0)]);
    expect(await queue.beat(key)).toBe(true);
    expect(await queue.endOverdue()).toEqual([{ job: id, number: 1, why: 'timeout' }]);
    expect(await queue.beat(key)).toBe(false);
    expect(await settle(key, 1, 'pass')).toBe('stale');
    expect(await job(id)).toMatchObject({ state: 'done', verdict: 'error' });
    expect(await claim(['limit'])).toBeUndefined();
  });

  test('a job that comes after others waits until all of them passed', async () => {
    const [one, two] = [await add('before'), await add('before')];
    const after = await add('after', { after: [one, two] });
    const keys = [await took(['before']), await took(['before'])];
    for (const key of keys) {
      expect(await claim(['after'])).toBeUndefined();
      await settle(key, 1, 'pass');
    }
    expect(await took(['after'])).toMatchObject({ job: after });
    const late = await add('after', { after: [one] });
    expect(await took(['after'])).toMatchObject({ job: late });
  });

  test.each(['fail', 'error', 'cancelled'] as const)(
    'a job that comes after one that was %s is skipped, as are those after it; all can be repeated',
    async (came) => {
      const [first, label] = [await add('wrong'), `skip-${came}`];
      const second = await add(label, { after: [first] });
      const third = await add(label, { after: [second] });
      const key = await took(['wrong']);
      if (came === 'cancelled') await queue.cancel(first);
      else await settle(key, 1, came);
      expect(await job(second)).toMatchObject({
        ...{ state: 'skipped', note: `it comes after ${first}, which was ${came}` },
      });
      expect(await job(third)).toMatchObject({ note: `it comes after ${second}, which was skipped` });
      expect(await claim([label])).toBeUndefined();
      expect(await queue.retry(first)).toBe(true);
      expect(await queue.retry(second)).toBe(true);
      expect(await job(second)).toMatchObject({ state: 'queued', note: null });
      await settle(await took(['wrong']), 1, 'pass');
      expect(await took([label])).toMatchObject({ job: second, number: 1 });
      expect((await job(third)).state).toBe('skipped');
    },
  );

  test('a job that was cancelled while it was held is not begun', async () => {
    const id = await add('held', { notBefore: new Date(Date.now() + 3_600_000) });
    expect(await queue.cancel(id)).toBe(true);
    await database().ask('UPDATE jobs SET not_before = NULL WHERE id = $1', [id]);
    await queue.release();
    expect(await claim(['held'])).toBeUndefined();
  });

  test('gives each job to one of many who ask at once', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => add('many')));
    const got = await Promise.all(Array.from({ length: 25 }, (_, at) => claim(['many'], { name: `w${at}` })));
    expect(got.flatMap((each) => each?.job ?? []).sort()).toEqual(ids.sort());
  });

  test('a worker has as many jobs as it has slots, however many it asks for at once', async () => {
    for (let each = 0; each < 4; each++) await add('slots');
    const worker = await workerWith(['slots'], { slots: 2 });
    const standings = await Promise.all([1, 2, 3, 4].map(() => standing(worker)));
    expect(standings.sort()).toEqual(['busy', 'busy', 'claimed', 'claimed']);
  });

  test('nothing goes to a worker that left, is to end, is paused, or came with another token', async () => {
    await add('standing');
    const [left, ends, paused, fine] = [
      await workerWith(['standing'], { name: 'left' }),
      await workerWith(['standing'], { name: 'ends' }),
      await workerWith(['standing'], { name: 'paused' }),
      await workerWith(['standing'], { name: 'fine' }),
    ];
    await store.updateTable('workers').set({ left_at: new Date() }).where('id', '=', left).execute();
    await store.updateTable('workers').set({ draining: true }).where('id', '=', ends).execute();
    const pause = { name: 'paused', note: '', said_by: 'x', until: null };
    await store.insertInto('pauses').values(pause).execute();
    expect(await standing('no-such-worker')).toBe('gone');
    expect(await Promise.all([left, ends, paused].map((id) => standing(id)))).toEqual([
      'gone',
      'draining',
      'paused',
    ]);
    expect(await standing(fine, 'token-2')).toBe('foreign');
    await store
      .updateTable('pauses')
      .set({ until: new Date(0) })
      .where('name', '=', 'paused')
      .execute();
    expect(await standing(paused)).toBe('claimed');
    expect(await standing(fine)).toBe('none');
  });

  test('among equally urgent jobs, that of who has the least running goes first', async () => {
    for (const submitter of ['anna', 'anna', 'anna', 'bert', 'bert'])
      await add('fair', { submitter, name: submitter });
    await add('fair', { submitter: 'anna', name: 'urgent', priority: 1 });
    const order: string[] = [];
    for (let each = 0; each < 6; each++) order.push((await took(['fair'])).name);
    expect(order).toEqual(['urgent', 'bert', 'anna', 'bert', 'anna', 'anna']);
  });

  test('no more jobs of a submitter run at once than its quota allows, and other ones go on', async () => {
    await store.insertInto('quotas').values({ submitter: 'many', running: 3 }).execute();
    const ask = async () =>
      await Promise.all(Array.from({ length: 12 }, (_, at) => claim(['quota'], { name: `q${at}` })));
    for (let each = 0; each < 10; each++) await add('quota', { submitter: 'many', name: 'many' });
    await add('quota', { submitter: 'few', name: 'few' });
    const got = (await ask()).flatMap((each) => each ?? []);
    expect(got.map(({ name }) => name).sort()).toEqual(['few', 'many', 'many', 'many']);
    expect(await claim(['quota'])).toBeUndefined();
    for (const key of got) await settle(key, 1, 'pass');
    expect((await ask()).flatMap((each) => each ?? []).length).toBe(3);
  });

  test('a quota for all is for each that has none of its own', async () => {
    await store
      .insertInto('quotas')
      .values([
        { submitter: '*', running: 1 },
        { submitter: 'own', running: 2 },
      ])
      .execute();
    onTestFinished(async () => {
      await store.deleteFrom('quotas').execute();
    });
    for (const name of ['own', 'own', 'own', 'x', 'x', 'y']) await add('all', { submitter: name, name });
    const names: string[] = [];
    for (let next = await claim(['all']); next; next = await claim(['all'])) names.push(next.name);
    expect(names.sort()).toEqual(['own', 'own', 'x', 'y']);
  });

  test('a claim touches as little, whatever number of jobs is ahead that the worker cannot do', async () => {
    /** Pages that a claim looked at; it is undone. */
    const pages = async (): Promise<number> => {
      const worker = await workerWith(['deep']);
      let touched = 0;
      const undone = database().transaction(async () => {
        const { rows } = await database().ask(
          'EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT claim_job($1, $2, $3, 60)',
          [worker, token, unique()],
        );
        const [plan] = Object.values(rows[0])[0] as { Plan: Record<string, number> }[];
        touched = (plan?.Plan['Shared Hit Blocks'] ?? 0) + (plan?.Plan['Shared Read Blocks'] ?? 0);
        const under = await store.selectFrom('attempts').select('job').where('worker', '=', worker).execute();
        expect(under.length).toBe(1);
        throw new Error('undone');
      });
      await expect(undone).rejects.toThrow('undone');
      return touched;
    };
    await add('deep', { submitter: 'one' });
    // The first one plans.
    await pages();
    const before = await pages();
    // All ahead, for nobody: as `enqueue` would, but at once.
    for (const label of ['ahead-1', 'ahead-2']) {
      const ahead = await add(label, { priority: 900 });
      await database().ask(`INSERT INTO pgboss.job (name, data, priority)
        SELECT name, data, priority FROM pgboss.job, generate_series(1, 10000)
        WHERE id = (SELECT boss_id::uuid FROM jobs WHERE id = '${ahead}')`);
      await database().ask(`INSERT INTO jobs (id, type, name, spec, group_id, priority, attempts, submitter, state, boss_id)
        SELECT 'copy-' || n || '-' || id, type, name, spec, group_id, priority, attempts, submitter, state, 'copy'
        FROM jobs, generate_series(1, 10000) AS n WHERE id = '${ahead}'`);
    }
    expect(before).toBeGreaterThan(10);
    expect(await pages()).toBeLessThan(2 * before);
  });

  test('keeps nothing of what was begun and not finished', async () => {
    const failed = database().transaction(async () => {
      await add('half');
      throw new Error('on purpose');
    });
    await expect(failed).rejects.toThrow('on purpose');
    expect(await claim(['half'])).toBeUndefined();
    const rows = await store.selectFrom('jobs').select('id').where('name', '=', 'half').execute();
    expect(rows).toEqual([]);
  });

  test('numbers are numbers, whatever their size in SQL', async () => {
    const { rows } = await (database() as Database).ask('SELECT count(*) AS n, 5::int8 AS five FROM jobs');
    expect(rows[0]).toMatchObject({ n: expect.any(Number), five: 5 });
  });
});

interface WorkerWishes {
  readonly name?: string;
  readonly jobtypes?: readonly string[];
  readonly slots?: number;
}

async function addWorker(
  store: Store,
  id: string,
  labels: readonly string[],
  { name = 'w', jobtypes = ['t'], slots = 1000 }: WorkerWishes,
): Promise<void> {
  const capabilities = JSON.stringify({ jobtypes, platforms: ['linux'], labels });
  await store
    .insertInto('workers')
    .values({ id, name, capabilities, slots, client_info: '{}', token, beat_seconds: 60 })
    .execute();
}
