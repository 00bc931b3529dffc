import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Database } from '../../../../main/jobs/databases/database.ts';
import { openDatabase } from '../../../../main/jobs/databases/open-database.ts';
import { PgliteDatabase } from '../../../../main/jobs/databases/pglite-database.ts';
import { PrivatePostgres } from '../../../../main/jobs/databases/private-postgres.ts';
import { kyselyOf } from '../../../../main/jobs/store/kysely-of.ts';
import { migrate } from '../../../../main/jobs/store/migrate.ts';
import { migrations } from '../../../../main/jobs/store/migrations.ts';
import { dataFolder } from '../fixtures/three-databases.ts';

const tell = () => undefined;

/**
 * Starts the program that writes rows and kills it with -9 after the given one;
 * gives the last one that it told.
 */
async function writeAndKill(folder: string, kind: string, after: number): Promise<number> {
  const program = join(import.meta.dirname, '../fixtures/write-rows.ts');
  const child = spawn(process.execPath, [program, folder, kind], { stdio: ['ignore', 'pipe', 'inherit'] });
  let last = -1;
  for await (const line of createInterface({ input: child.stdout })) {
    last = Number(line);
    if (last === after) child.kill('SIGKILL');
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return last;
}

const numbers = async (database: Database): Promise<number[]> =>
  (await database.ask('SELECT n FROM numbers ORDER BY n')).rows.map(({ n }) => n);

// Databases are made, and flushed to a disk that others use too.
describe('the private PostgreSQL', () => {
  test('is adopted from a server that was killed, with all that this one was told', async () => {
    const folder = dataFolder();
    const last = await writeAndKill(folder, 'private', 20);
    await using database = await openDatabase({ folder, tell });
    expect((await numbers(database)).length).toBeGreaterThanOrEqual(last + 1);
    expect(database.about).toContain(folder);
  });

  test('is started again when it is killed, and stopped with the server', async () => {
    const folder = dataFolder();
    const database = await openDatabase({ folder, tell });
    if (!(database instanceof PrivatePostgres)) throw new Error(database.about);
    const first = database.pid ?? 0;
    await database.ask('CREATE TABLE t (n integer)');
    process.kill(first, 'SIGKILL');
    // A connection outlives its first process by a moment.
    await vi.waitFor(() => expect([undefined, first]).not.toContain(database.pid));
    await vi.waitFor(() => database.ask('INSERT INTO t VALUES (1)'));
    await database[Symbol.asyncDispose]();
    expect(database.pid).toBeUndefined();
  });

  test('may end its connections at any moment: what was asked fails, and what is asked next is answered', async () => {
    await using database = await openDatabase({ folder: dataFolder(), tell });
    await database.ask('CREATE TABLE t (n integer)');
    const endAll =
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IS NOT NULL';
    for (let round = 0; round < 40; round++) {
      const asked = [...Array(8).keys()].flatMap((n) => [
        database.ask(`INSERT INTO t VALUES (${n})`),
        database.ask('INSERT INTO t VALUES ($1)', [n]),
        database.transaction(() => database.ask(`INSERT INTO t VALUES (${n})`)),
      ]);
      await Promise.allSettled([...asked, database.ask(endAll)]);
    }
    await vi.waitFor(() => database.ask('SELECT count(*) FROM t'));
  });

  test('is for one server, and is reached by its socket alone', async () => {
    const folder = dataFolder();
    await using database = await openDatabase({ folder, tell });
    await expect(openDatabase({ folder, tell })).rejects.toThrow(`Process ${process.pid} has been using`);
    const { rows } = await database.ask('SHOW listen_addresses');
    expect(rows).toEqual([{ listen_addresses: '' }]);
  });

  test('says which path is too long for a socket', async () => {
    const folder = join(dataFolder(), 'x'.repeat(100));
    await expect(openDatabase({ folder, tell })).rejects.toThrow(/too long for the database's socket/);
  });
});

describe('PGlite', () => {
  const open = (folder: string, heard: string[] = []) =>
    openDatabase({ folder, binaries: false, tell: (line) => heard.push(line) });

  test('outlives kill -9 of its process, with all that this one was told', async () => {
    const folder = dataFolder();
    const last = await writeAndKill(folder, 'pglite', 20);
    await using database = await open(folder);
    expect((await numbers(database)).length).toBeGreaterThanOrEqual(last + 1);
    // It stays what it is, though there are binaries.
    await expect(openDatabase({ folder, tell })).rejects.toThrow('has been using');
    expect(database).toBeInstanceOf(PgliteDatabase);
  });

  test('is restored from its dump when it cannot be opened, and what is broken is kept', async () => {
    const folder = dataFolder();
    const before = await open(folder);
    await before.ask('CREATE TABLE numbers (n integer)');
    await before.ask('INSERT INTO numbers VALUES (1)');
    await before[Symbol.asyncDispose]();
    writeFileSync(join(folder, 'pglite/data/global/pg_control'), 'nonsense');
    const heard: string[] = [];
    await using database = await open(folder, heard);
    expect(await numbers(database)).toEqual([1]);
    expect(heard.join()).toMatch(/set aside as .*broken.*restored/);
    expect(readdirSync(join(folder, 'pglite')).filter((name) => name.includes('broken'))).toHaveLength(1);
  });

  test('is dumped every ten minutes, while it is in use', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const [folder, other] = [dataFolder(), dataFolder()];
    await using database = await open(folder);
    await database.ask('CREATE TABLE numbers (n integer)');
    await database.ask('INSERT INTO numbers VALUES (1)');
    const dump = join(folder, 'pglite/dump.tar.gz');
    vi.advanceTimersByTime(9 * 60_000);
    expect(existsSync(dump)).toBe(false);
    vi.advanceTimersByTime(60_000);
    await vi.waitFor(() => expect(existsSync(dump)).toBe(true));
    // It is whole: another server begins with it.
    mkdirSync(join(other, 'pglite'));
    copyFileSync(dump, join(other, 'pglite/dump.tar.gz'));
    await using second = await open(other);
    expect(await numbers(second)).toEqual([1]);
  });

  test('leaves timers their turns between statements', async () => {
    await using database = await open(dataFolder());
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    for (let each = 0; each < 200; each++) await database.ask('SELECT $1::int', [each]);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(5);
  });
});

test('our tables come to the newest version from each earlier one, and a newer one is refused', async () => {
  await using database = await openDatabase({ folder: dataFolder(), binaries: false, tell });
  for (let version = 0; version <= migrations.length; version++) {
    await database.ask('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
    await migrate(database, migrations.slice(0, version));
    await migrate(database);
    expect(await kyselyOf(database).selectFrom('jobs').selectAll().execute()).toEqual([]);
  }
  await expect(migrate(database, [])).rejects.toThrow(
    `version ${migrations.length}, and this program knows 0`,
  );
});

test('what was in the tables comes along: jobs that waited and ran, schedules', async () => {
  await using database = await openDatabase({ folder: dataFolder(), binaries: false, tell });
  await migrate(database, migrations.slice(0, 4));
  await database.ask(`
    INSERT INTO needs VALUES ('n', '{"type": "t", "labels": ["kvm"]}');
    INSERT INTO workers (id, name, capabilities, slots, client_info, beat_seconds)
      VALUES ('w', 'w', '{}', 1, '{}', 60);
    INSERT INTO jobs (id, type, name, spec, needs, priority, attempts, submitter, state, boss_id)
      VALUES ('waits', 't', 'a', '{"x": 1}', 'n', 0, 2, 'me', 'queued', 'b1'),
        ('ran', 't', 'b', '{}', 'n', 5, 2, 'me', 'running', 'b2');
    INSERT INTO attempts (job, number, boss_id, retry_count, worker, request, lease_seconds, lease_until)
      VALUES ('ran', 1, 'b2', 0, 'w', 'r', 60, now());
    INSERT INTO schedules (name, cron, zone, submission, missed, overlap, submitter, paused, last_job)
      VALUES ('nightly', '0 2 * * *', 'UTC', '{"type": "t"}', 'skip', false, 'me', false, 'ran');`);
  await migrate(database);
  const store = kyselyOf(database);
  const jobs = await store
    .selectFrom('jobs')
    .innerJoin('groups', 'groups.id', 'jobs.group_id')
    .select(['jobs.id', 'state', 'tries', 'wants', 'spec'])
    .orderBy('jobs.id')
    .execute();
  expect(jobs).toEqual([
    { id: 'ran', state: 'queued', tries: 1, wants: { type: 't', labels: ['kvm'] }, spec: {} },
    { id: 'waits', state: 'queued', tries: 0, wants: { type: 't', labels: ['kvm'] }, spec: { x: 1 } },
  ]);
  expect(await store.selectFrom('attempts').select(['job', 'outcome']).execute()).toEqual([
    { job: 'ran', outcome: 'lost' },
  ]);
  expect(await store.selectFrom('schedules').selectAll().execute()).toMatchObject([
    { name: 'nightly', submission: { type: 't' }, jobs: null, last_job: 'ran', last_matrix: null },
  ]);
});

test('a database that does not answer is told as that', async () => {
  const url = 'postgres://nobody@127.0.0.1:1/x';
  await expect(openDatabase({ folder: dataFolder(), url, tell })).rejects.toThrow('does not answer');
});
