import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { Database } from '../../../main/jobs/databases/database.ts';
import { bossOf } from '../../../main/jobs/queue/boss-of.ts';
import { Queue } from '../../../main/jobs/queue/queue.ts';
import { kyselyOf, type Store } from '../../../main/jobs/store/kysely-of.ts';
import { migrate } from '../../../main/jobs/store/migrate.ts';
import { databaseFor, kinds } from './three-databases.ts';

const submitter = 'someone';
const can = (...labels: string[]) => ({ jobtypes: ['t'], platforms: ['linux'], labels });
let count = 0;
const unique = () => `r${count++}`;

// Databases are made, and flushed to a disk that others use too.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

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
    for (const id of ['w', 'other']) await addWorker(store, id);
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
  const claim = (labels: string[], more = {}) =>
    queue.claim({ worker: 'w', capabilities: can(...labels), request: unique(), leaseSeconds: 60, ...more });
  const took = async (labels: string[], more = {}) => {
    const claimed = await claim(labels, more);
    if (!claimed) throw new Error('there is nothing to claim');
    return claimed;
  };
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
    expect(
      await queue.claim({ ...wishes(), capabilities: { ...can('a'), jobtypes: ['u'] } }),
    ).toBeUndefined();
    const claimed = await claim(['a', 'b']);
    expect(claimed).toMatchObject({ job: id, number: 1, name: 'a', spec: { deep: [{ x: 1 }] } });
    expect(await claim(['a'])).toBeUndefined();
    expect((await job(id)).state).toBe('running');
  });

  const wishes = () => ({ worker: 'w', request: unique(), leaseSeconds: 60, capabilities: can() });

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
    expect(await claim(['again'], { request, worker: 'other' }).catch((error) => error)).toBeUndefined();
    expect(await queue.settle(first, 1, 'pass')).toBe('settled');
    expect(await claim(['again'], { request })).toBeUndefined();
    expect((await job(id)).state).toBe('done');
  });

  test('takes a result once; the same one again is known, another one is refused', async () => {
    const id = await add('settle');
    const key = await took(['settle']);
    expect(await queue.settle(key, { b: 1, a: 'x' }, 'fail')).toBe('settled');
    expect(await queue.settle(key, { a: 'x', b: 1 }, 'fail')).toBe('again');
    expect(await queue.settle(key, { a: 'y' }, 'pass')).toBe('stale');
    expect(await queue.settle({ job: id, number: 7 }, 1, 'pass')).toBe('stale');
    expect(await queue.beat(key)).toBe(false);
    expect(await job(id)).toMatchObject({ state: 'done', verdict: 'fail' });
  });

  test('lets a lost worker’s job run elsewhere, and refuses that worker’s late result', async () => {
    const id = await add('lost');
    const dead = await took(['lost']);
    expect(await queue.beat(dead)).toBe(true);
    await silence(id);
    expect(await queue.lapse()).toEqual([{ job: id, number: 1 }]);
    expect(await queue.settle(dead, 'late', 'pass')).toBe('stale');
    const next = await took(['lost'], { worker: 'other' });
    expect(next).toMatchObject({ job: id, number: 2 });
    expect(await queue.settle(dead, 'later', 'pass')).toBe('stale');
    expect(await queue.beat(dead)).toBe(false);
    expect(await queue.settle(next, 'good', 'pass')).toBe('settled');
    expect(await job(id)).toMatchObject({ state: 'done', verdict: 'pass' });
  });

  test('sets a job aside that loses its worker each time, and takes it again when told', async () => {
    const id = await add('killer');
    for (const number of [1, 2]) {
      expect(await took(['killer'])).toMatchObject({ number });
      await silence(id);
      await queue.lapse();
    }
    expect(await claim(['killer'])).toBeUndefined();
    expect(await job(id)).toMatchObject({ state: 'lost', verdict: 'error' });
    expect(await queue.retry(id)).toBe(true);
    expect(await queue.retry(id)).toBe(false);
    const third = await took(['killer']);
    expect(third).toMatchObject({ job: id, number: 3 });
    expect(await queue.settle(third, 1, 'pass')).toBe('settled');
  });

  test('cancels what waits and what runs, once', async () => {
    const [waiting, running] = [await add('cancel-1'), await add('cancel-2')];
    const key = await took(['cancel-2']);
    expect([await queue.cancel(waiting), await queue.cancel(running)]).toEqual([true, true]);
    expect([await queue.cancel(waiting), await queue.cancel('no-such')]).toEqual([false, false]);
    expect(await claim(['cancel-1'])).toBeUndefined();
    expect(await queue.beat(key)).toBe(false);
    expect(await queue.settle(key, 1, 'pass')).toBe('stale');
    expect((await job(running)).state).toBe('cancelled');
  });

  test('holds a job back until its time', async () => {
    await add('later', { notBefore: new Date(Date.now() + 3_600_000) });
    expect(await claim(['later'])).toBeUndefined();
    await add('sooner', { notBefore: new Date(Date.now() + 50) });
    await vi.waitFor(async () => expect(await claim(['sooner'])).toBeDefined(), { timeout: 120_000 });
  });

  test('gives each job to one of many who ask at once', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => add('many')));
    const got = await Promise.all(Array.from({ length: 25 }, () => claim(['many'])));
    expect(got.flatMap((each) => each?.job ?? []).sort()).toEqual(ids.sort());
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

async function addWorker(store: Store, id: string): Promise<void> {
  const nothing = { jobtypes: [], platforms: [], labels: [] };
  const worker = { id, name: id, capabilities: JSON.stringify(nothing), slots: 1, client_info: '{}' };
  await store
    .insertInto('workers')
    .values({ ...worker, beat_seconds: 60 })
    .execute();
}
