import { randomUUID } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { submission } from '../../../main/jobs/protocol.ts';
import { bossOf } from '../../../main/jobs/queue/boss-of.ts';
import { Queue } from '../../../main/jobs/queue/queue.ts';
import { nextTimes, readCron } from '../../../main/jobs/schedules/cron.ts';
import { decide } from '../../../main/jobs/schedules/due.ts';
import { Vault } from '../../../main/jobs/secrets/vault.ts';
import { Schedules } from '../../../main/jobs/server/schedules.ts';
import { Signals } from '../../../main/jobs/server/signals.ts';
import { kyselyOf } from '../../../main/jobs/store/kysely-of.ts';
import { migrate } from '../../../main/jobs/store/migrate.ts';
import { aServer, ask } from './fixtures/a-server.ts';
import { databaseFor, dataFolder, kinds } from './fixtures/three-databases.ts';

const at = (text: string) => new Date(text);
const texts = (dates: readonly Date[]) => dates.map((date) => date.toISOString().replace(':00.000Z', 'Z'));

describe('a cron expression', () => {
  const after = (cron: string, zone: string, from: string, count = 3) =>
    texts(nextTimes(readCron(cron, zone), at(from), count));

  test('is in a time zone', () => {
    expect(after('30 2 * * MON-FRI', 'America/New_York', '2026-07-03T12:00:00Z', 2)).toEqual([
      ...['2026-07-06T06:30Z', '2026-07-07T06:30Z'],
    ]);
    expect(after('@daily', 'UTC', '2026-07-03T12:00:00Z', 1)).toEqual(['2026-07-04T00:00Z']);
    expect(after('0 0 L * *', 'UTC', '2028-02-01T00:00:00Z', 1)).toEqual(['2028-02-29T00:00Z']);
  });

  test('of an hour that a change of the clocks leaves out happens right after it', () => {
    expect(after('30 2 * * *', 'Europe/Berlin', '2026-03-28T00:00:00Z')).toEqual([
      ...['2026-03-28T01:30Z', '2026-03-29T01:00Z', '2026-03-30T00:30Z'],
    ]);
  });

  test('of an hour that comes twice happens once; what goes on all day does so', () => {
    expect(after('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', 2)).toEqual([
      ...['2026-10-25T00:30Z', '2026-10-26T01:30Z'],
    ]);
    expect(after('0 * * * *', 'Europe/Berlin', '2026-10-24T23:30:00Z')).toEqual([
      ...['2026-10-25T00:00Z', '2026-10-25T01:00Z', '2026-10-25T02:00Z'],
    ]);
  });

  test.each([
    ['0 25 * * *', 'UTC', "'0 25 * * *' is wrong in field 2 (hour): '25'"],
    ['61 * * * *', 'UTC', 'field 1 (minute)'],
    ['0 2 * * MON-XYZ', 'UTC', 'field 5 (day of the week)'],
    ['0 2 0 * *', 'UTC', "field 3 (day of the month): '0'"],
    ['*/0 * * * *', 'UTC', 'field 1'],
    ['0 2 * 13 *', 'UTC', 'field 4 (month)'],
    ['1,,2 * * * *', 'UTC', 'field 1'],
    ['* * *', 'UTC', 'has 3 fields, not five'],
    ['* * * * * *', 'UTC', 'has 6 fields, not five'],
    ['', 'UTC', 'has 0 fields'],
    ['@often', 'UTC', 'has 1 fields'],
    ['0 2 30 2 *', 'UTC', 'never comes true'],
    ['0 2 * * *', 'Europe/Berln', "no time zone 'Europe/Berln'"],
    ['0 2 * * *', '', "no time zone ''"],
  ])('%s in %s is refused: %s', (cron, zone, message) => {
    expect(() => readCron(cron, zone)).toThrow(message);
  });
});

describe('what is due', () => {
  const times = readCron('0 * * * *', 'UTC');
  const due = (missed: 'skip' | 'once' | 'all', now: string, more = {}) => {
    const nextAt = at('2026-01-01T01:00:00Z');
    const {
      begin,
      nextAt: next,
      note,
    } = decide({ times, missed, overlap: false, nextAt, isBusy: false, ...more }, at(now));
    return { begin: texts(begin), next: next && texts([next])[0], ...(note === undefined ? {} : { note }) };
  };

  test.each(['skip', 'once', 'all'] as const)('is begun at its time (%s)', (missed) => {
    expect(due(missed, '2026-01-01T01:00:00Z')).toEqual({
      begin: ['2026-01-01T01:00Z'],
      next: '2026-01-01T02:00Z',
    });
  });

  test('and what was missed while no server ran is left out, made up for once, or each of it', () => {
    const now = '2026-01-01T04:30:00Z';
    expect(due('skip', now)).toMatchObject({
      ...{
        begin: [],
        next: '2026-01-01T05:00Z',
        note: expect.stringContaining('04:00:00.000Z was left out: no server ran'),
      },
    });
    expect(due('once', now)).toEqual({ begin: ['2026-01-01T04:00Z'], next: '2026-01-01T05:00Z' });
    // One after the other, for none is begun while the last one runs.
    expect(due('all', now)).toEqual({ begin: ['2026-01-01T01:00Z'], next: '2026-01-01T02:00Z' });
    expect(due('all', now, { overlap: true })).toEqual({
      begin: ['2026-01-01T01:00Z', '2026-01-01T02:00Z', '2026-01-01T03:00Z', '2026-01-01T04:00Z'],
      next: '2026-01-01T05:00Z',
    });
  });

  test('skip begins the newest that is not late', () => {
    expect(due('skip', '2026-01-01T04:00:30Z')).toEqual({
      begin: ['2026-01-01T04:00Z'],
      next: '2026-01-01T05:00Z',
    });
  });

  test('is not begun while the last one runs, unless told so', () => {
    const [now, isBusy] = ['2026-01-01T01:00:00Z', true];
    expect(due('skip', now, { isBusy })).toMatchObject({ begin: [], next: '2026-01-01T02:00Z' });
    for (const missed of ['once', 'all'] as const) {
      expect(due(missed, now, { isBusy })).toMatchObject({ begin: [], next: '2026-01-01T01:00Z' });
    }
    expect(due('skip', now, { isBusy, overlap: true })).toMatchObject({ begin: ['2026-01-01T01:00Z'] });
  });

  test('a year of missed minutes takes no time', () => {
    const minutes = { times: readCron('* * * * *', 'Europe/Berlin') };
    expect(due('once', '2027-01-01T00:30:30Z', minutes)).toEqual({
      begin: ['2027-01-01T00:30Z'],
      next: '2027-01-01T00:31Z',
    });
    expect(due('all', '2027-01-01T00:30:30Z', { ...minutes, overlap: true }).begin).toHaveLength(100);
  });
});

describe.each(kinds)('schedules on the database %s', (kind) => {
  const database = databaseFor(kind);
  const keys = dataFolder();
  const servers: Schedules[] = [];
  let queue: Queue;
  let vault: Vault;
  beforeAll(async () => {
    await migrate(database());
    const store = kyselyOf(database());
    queue = new Queue(database(), store, await bossOf(database(), () => undefined));
    const now = async () => noon;
    const files = { packages: { has: () => true } } as never;
    vault = new Vault(store, keys);
    for (let count = 0; count < 3; count++) {
      const signals = new Signals();
      servers.push(new Schedules({ database: database(), store, queue, vault, files, signals, now }));
    }
  });
  afterEach(() => database().ask('DELETE FROM schedules'));
  const [noon, hour] = [at('2026-01-01T12:00:00Z'), (n: number) => at(`2026-01-01T${n}:00:01Z`)];

  const made = async (more: { readonly missed?: 'all' } = {}) => {
    const [name, schedules] = [randomUUID(), servers[0]];
    if (!schedules) throw new Error('no server');
    const row = {
      name,
      cron: '0 * * * *',
      zone: 'UTC',
      missed: 'once' as const,
      overlap: false,
      submitter: 'me',
    };
    await schedules.put({ ...row, ...more, submission: submission.parse({ type: name }) }, noon);
    return { name, schedules, view: () => schedules.find(name, noon) };
  };
  const lookAll = async (now: Date) => (await Promise.all(servers.map((each) => each.look(now)))).flat();

  test('are begun once, however many servers look at once', async () => {
    const { view, name } = await made();
    expect(await lookAll(noon)).toEqual([]);
    const [job, ...others] = await lookAll(hour(13));
    expect(others).toEqual([]);
    expect(await view()).toMatchObject({
      lastJob: job,
      next: expect.arrayContaining(['2026-01-01T14:00:00.000Z']),
    });
    const { rows } = await database().ask('SELECT count(*) AS n FROM jobs WHERE type = $1', [name]);
    expect(rows[0].n).toBe(1);
  });

  test('wait for the job before, and go on when it is over', async () => {
    const { view, schedules, name } = await made();
    const [job = ''] = await lookAll(hour(13));
    expect(await lookAll(hour(14))).toEqual([]);
    expect((await view()).note).toContain('waits for the job before');
    await queue.cancel(job);
    expect(await lookAll(hour(14))).toHaveLength(1);
    expect((await view()).note).toBe(null);
    await schedules.remove(name);
    await expect(view()).rejects.toThrow('there is no schedule');
  });

  test('that are paused begin nothing, and what came meanwhile is left out', async () => {
    const { schedules, name, view } = await made({ missed: 'all' });
    await schedules.pause(name);
    expect(await lookAll(hour(15))).toEqual([]);
    expect((await view()).next).toEqual([]);
    await schedules.resume(name, hour(15));
    expect(await lookAll(hour(15))).toEqual([]);
    expect(await lookAll(hour(16))).toHaveLength(1);
    const { jobs, matrix } = await schedules.run(name, 'somebody');
    expect(matrix ?? jobs[0]).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('of a matrix begin all of it, and wait until all of it is over', async () => {
    const { name, schedules, view } = await made();
    const jobs = ['bookworm', 'trixie'].map((os) => submission.parse({ type: name, cell: { os } }));
    const row = { name, cron: '0 * * * *', zone: 'UTC', missed: 'once' as const, overlap: false };
    await schedules.put({ ...row, submitter: 'me', jobs }, noon);
    const begun = await lookAll(hour(13));
    expect(begun).toHaveLength(2);
    const { lastMatrix, lastJob } = await view();
    expect(begun).toContain(lastJob);
    const { rows } = await database().ask('SELECT id FROM jobs WHERE matrix = $1', [lastMatrix]);
    expect(rows.map(({ id }) => id).sort()).toEqual(begun.toSorted());
    await queue.cancel(String(lastJob));
    expect(await lookAll(hour(14))).toEqual([]);
    for (const id of begun) await queue.cancel(id);
    expect(await lookAll(hour(14))).toHaveLength(2);
  });

  test('keep secrets encrypted for as long as they are there, and give them to each job', async () => {
    const { name, schedules } = await made();
    const secrets = [{ name: 'token', value: 'very secret', env: 'TOKEN' }];
    const row = {
      name,
      cron: '0 * * * *',
      zone: 'UTC',
      missed: 'once' as const,
      overlap: true,
      submitter: 'me',
    };
    const put = (more: object) =>
      schedules.put({ ...row, submission: submission.parse({ type: name, ...more }) }, noon);
    expect((await put({ secrets })).submission).toMatchObject({ secrets: ['token'] });
    const texts = async () =>
      (
        await database().ask(
          'SELECT row_to_json(s)::text AS row FROM schedules s UNION ALL SELECT row_to_json(s)::text FROM schedule_secrets s',
        )
      ).rows
        .map(({ row: text }) => text)
        .join('\n');
    expect(await texts()).toContain('"sealed"');
    expect(await texts()).not.toContain('very secret');
    for (const hourOfDay of [13, 14]) {
      const [id = ''] = await lookAll(hour(hourOfDay));
      expect(await vault.open(id)).toEqual(secrets);
    }
    // What is another schedule's is opened for none but that.
    const other = await made();
    const moved = 'UPDATE schedule_secrets SET schedule = $1 WHERE schedule = $2';
    await database().ask(moved, [other.name, name]);
    expect(await lookAll(hour(15))).toHaveLength(1);
    expect((await other.view()).note).toContain('were encrypted by another key');
    await database().ask(moved, [name, other.name]);
    await put({});
    expect(await texts()).not.toContain('"sealed"');
    await put({ secrets });
    await schedules.remove(name);
    expect(await texts()).not.toContain('"sealed"');
  });

  test('come after what another schedule began last', async () => {
    const [first, second] = [await made(), await made()];
    const row = {
      name: second.name,
      cron: '30 * * * *',
      zone: 'UTC',
      missed: 'once' as const,
      overlap: false,
    };
    const wanted = submission.parse({ type: second.name, after: [`schedule:${first.name}`] });
    await second.schedules.put({ ...row, submitter: 'me', submission: wanted }, noon);
    expect(await lookAll(at('2026-01-01T12:30:01Z'))).toEqual([]);
    expect((await second.view()).note).toBe(`the schedule '${first.name}' has begun no job yet`);
    await lookAll(hour(13));
    const [job] = await lookAll(at('2026-01-01T13:30:01Z'));
    const { rows } = await database().ask('SELECT needs FROM dependencies WHERE job = $1', [job]);
    expect(rows).toEqual([{ needs: (await first.view()).lastJob }]);
  });

  test('of what is not there any more say so, and hold up no other', async () => {
    const gone = await made();
    const build = { type: 'build', recipe: 'gone', task: 'unit' };
    await database().ask('UPDATE schedules SET submission = $1::jsonb WHERE name = $2', [
      JSON.stringify(build),
      gone.name,
    ]);
    await made();
    expect(await lookAll(hour(17))).toHaveLength(1);
    expect(await gone.view()).toMatchObject({ note: "there is no recipe 'gone'", lastJob: null });
  });
});

describe('over HTTP', () => {
  let clock = at('2026-01-01T12:00:00Z');
  const server = aServer({ now: () => clock });
  const call = async (method: string, path: string, body?: unknown) => {
    const { url, token } = server();
    return await ask(url + path, method, {
      token,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  };

  test('schedules are made, listed, paused, resumed, run and removed', async () => {
    const { admin, recipes } = server();
    const made = await recipes.putSchedule({
      name: 'nightly',
      cron: '0 2 * * *',
      zone: 'Asia/Tokyo',
      submission: { type: 'mine', more: 1 },
    });
    expect(made).toMatchObject({
      name: 'nightly',
      missed: 'skip',
      overlap: false,
      submitter: 'first',
      paused: false,
      lastJob: null,
    });
    expect(made.next).toHaveLength(5);
    for (const time of made.next) expect(time).toMatch(/T17:00:00/);
    await recipes.act('nightly', 'pause');
    expect(await recipes.schedules()).toMatchObject([{ name: 'nightly', paused: true, next: [] }]);
    await recipes.act('nightly', 'resume');
    const id = await recipes.run('nightly');
    expect(await admin.job(id)).toMatchObject({ type: 'mine', spec: { more: 1 } });
    expect(await recipes.schedules()).toMatchObject([{ lastJob: id, next: made.next }]);
    await recipes.removeSchedule('nightly');
    expect(await recipes.schedules()).toEqual([]);
  });

  test('a server begins what is due by itself', async () => {
    const { admin, recipes } = server();
    await recipes.putSchedule({ name: 'hourly', cron: '0 * * * *', submission: { type: 'hourly' } });
    clock = at('2026-01-01T13:00:00Z');
    await expect.poll(() => admin.jobs({ type: 'hourly' })).toHaveLength(1);
    expect(await recipes.schedules()).toMatchObject([{ lastAt: '2026-01-01T13:00:00.000Z' }]);
    await recipes.removeSchedule('hourly');
  });

  test.each([
    ['a bad expression', { cron: '0 25 * * *' }, 'field 2 (hour)'],
    ['a bad zone', { zone: 'Mars/Base' }, "no time zone 'Mars/Base'"],
    ['a name for no URL', { name: 'a/b' }, 'name: '],
    ['no recipe', { submission: { type: 'build', recipe: 'none', task: 'x' } }, "no recipe 'none'"],
    [
      'a package that is not there',
      { submission: { type: 'run', package: '0'.repeat(64) } },
      'upload it first',
    ],
    ['nothing to submit', { submission: {} }, 'submission.type: '],
    ['neither a job nor a matrix', { submission: undefined }, 'either `submission` or `jobs`'],
    ['both', { jobs: [{ type: 'mine', cell: { a: 'b' } }] }, 'either `submission` or `jobs`'],
    ['a matrix without cells', { submission: undefined, jobs: [{ type: 'mine' }] }, 'has a `cell`'],
    ['an empty matrix', { submission: undefined, jobs: [] }, 'jobs: '],
    ['a job before it that is not there', { submission: { type: 'mine', after: ['none'] } }, 'no job none'],
    [
      'a schedule before it that is not there',
      { submission: { type: 'x', after: ['schedule:x'] } },
      "no schedule 'x'",
    ],
    ['a priority beyond all', { submission: { type: 'mine', priority: 5000 } }, 'submission.priority'],
    [
      'a secret that is none',
      { submission: { type: 'mine', secrets: [{ name: 'a b', value: 'x' }] } },
      'secrets',
    ],
  ])('%s is refused', async (_what, more, detail) => {
    const body = { name: 'bad', cron: '0 2 * * *', submission: { type: 'mine' }, ...more };
    expect((await call('POST', '/api/schedules', body)).json()).toMatchObject({
      ...{ status: 400, detail: expect.stringContaining(detail) },
    });
  });

  test('what is not there is not acted on', async () => {
    for (const act of ['pause', 'resume', 'run']) {
      expect((await call('POST', `/api/schedules/none/${act}`)).status).toBe(404);
    }
    expect((await call('DELETE', '/api/schedules/none')).status).toBe(404);
  });
});
