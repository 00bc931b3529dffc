import { existsSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { JobsApi } from '../../../../main/jobs/client/jobs-api.ts';
import { openDatabase } from '../../../../main/jobs/databases/open-database.ts';
import { packed } from '../../../../main/jobs/packages/package-folder.ts';
import { Files } from '../../../../main/jobs/server/files.ts';
import { deleteOld, type KeptJobs } from '../../../../main/jobs/server/retention.ts';
import { startServer } from '../../../../main/jobs/server/start-server.ts';
import { kyselyOf } from '../../../../main/jobs/store/kysely-of.ts';
import { folder } from '../../remotes/fake-node.ts';
import { ask } from '../fixtures/a-server.ts';
import { dataFolder } from '../fixtures/three-databases.ts';

const place = dataFolder();

/** A server, and its database and files as another one sees them. */
async function twoOnOne() {
  const own = join(place, String(Math.random()).slice(2, 8));
  const server = await startServer({ folder: own, host: '127.0.0.1', port: 0, tell: () => undefined });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const url = `postgres://shakedown@${encodeURIComponent(join(own, 'postgres/socket'))}/postgres`;
  const database = await openDatabase({ folder: own, url, tell: () => undefined });
  onTestFinished(() => database[Symbol.asyncDispose]());
  const token = server.firstToken ?? '';
  const [store, files] = [kyselyOf(database), new Files(join(own, 'files'))];
  const service = { database, store, files, now: async () => new Date() };
  const api = new JobsApi({ server: server.url, token });
  const worker = await api.register({ protocol: 1, name: 'w', capabilities: { jobtypes: 't' } });
  /** A job that ended so many days ago and left as many bytes. */
  const aJob = async (days: number, bytes = 10, more = {}): Promise<string> => {
    const id = await api.submit({ type: 't', ...more });
    const never = new AbortController().signal;
    const claim = await api.claim({ worker, request: id, wait: 5, lease: 600 }, never);
    expect(claim?.job).toBe(id);
    await api.addLog(id, 1, 0, Buffer.alloc(bytes / 2));
    const file = join(own, 'left');
    writeFileSync(file, Buffer.alloc(bytes / 2));
    await api.addArtifact(id, 1, 'left', file);
    await api.settle(id, 1, { verdict: 'pass', result: null });
    await database.ask("UPDATE jobs SET ended_at = now() - $1 * interval '1 day' WHERE id = $2", [days, id]);
    return id;
  };
  const left = async () => (await api.jobs()).map(({ id }) => id).sort();
  return {
    ...{ own, api, database, aJob, left, token, url: server.url },
    keep: (kept: KeptJobs) => deleteOld(service, kept),
  };
}

describe('jobs that are over are deleted', () => {
  test('by age, by count and by size, the oldest first, with all that they left; what is pinned or goes on stays', async () => {
    const { own, api, database, aJob, left, keep } = await twoOnOne();
    const [old, pinned, small, large, fresh] = [
      ...[await aJob(100), await aJob(99), await aJob(30), await aJob(20, 5000), await aJob(1)],
    ] as [string, string, string, string, string];
    const needed = await aJob(98);
    const waiting = await api.submit({ type: 'never', after: [needed] });
    await api.pin(pinned, true);
    expect(await keep({ days: 90 })).toBe(1);
    expect(await left()).toEqual([pinned, needed, small, large, fresh, waiting].sort());
    expect(existsSync(join(own, 'files/jobs', old))).toBe(false);
    const { rows } = await database.ask('SELECT count(*) AS n FROM attempts WHERE job = $1', [old]);
    expect(rows).toEqual([{ n: 0 }]);
    expect((await database.ask("SELECT 1 FROM pgboss.job WHERE state = 'completed'")).rows).toHaveLength(5);
    await api.act(waiting, 'cancel');
    expect(await keep({ days: 90 })).toBe(1);
    expect(await keep({ bytes: 4000 })).toBe(2);
    expect(await left()).toEqual([pinned, fresh, waiting].sort());
    const newer = await aJob(0);
    expect(await keep({ count: 2 })).toBe(1);
    await api.pin(pinned, false);
    expect(await left()).toEqual([pinned, newer, waiting].sort());
    expect(await keep({ days: 90 })).toBe(1);
    await expect(api.pin(old, true)).rejects.toThrow('there is no job');
  });

  test('and packages that no job has any more; one that came just now stays', async () => {
    const { own, api, aJob, keep } = await twoOnOne();
    const upload = async (text: string) => {
      const from = folder();
      writeFileSync(join(from, 'file'), text);
      return await packed(from, async (file, sha256) => {
        await api.upload(sha256, file);
        return sha256;
      });
    };
    const [used, unused, fresh] = [await upload('used'), await upload('unused'), await upload('fresh')];
    const file = (sha256: string) => join(own, 'files/packages', sha256);
    const id = await aJob(100, 10, { package: used });
    for (const each of [used, unused]) utimesSync(file(each), 1, 1);
    await keep({});
    expect([used, unused, fresh].map((each) => existsSync(file(each)))).toEqual([true, false, true]);
    await keep({ days: 90 });
    expect(existsSync(file(used))).toBe(false);
    await expect(api.job(id)).rejects.toThrow('there is no job');
  });
});

test('/metrics is text as Prometheus reads it, for who has a token', async () => {
  const { api, aJob, url, token } = await twoOnOne();
  await aJob(0);
  await api.submit({ type: 'never' });
  expect((await ask(`${url}/metrics`, 'GET')).status).toBe(401);
  const { text, headers } = await ask(`${url}/metrics`, 'GET', { token });
  expect(headers.get('content-type')).toContain('text/plain; version=0.0.4');
  const types = new Map<string, string>();
  const samples = new Map<string, number>();
  expect(text.endsWith('\n')).toBe(true);
  for (const line of text.split('\n').slice(0, -1)) {
    const type = /^# TYPE ([a-z_]+) (gauge|histogram)$/.exec(line);
    if (type) types.set(type[1] ?? '', type[2] ?? '');
    if (line.startsWith('#')) {
      expect(line).toMatch(/^# (HELP [a-z_]+ \S.*|TYPE [a-z_]+ (gauge|histogram))$/);
      continue;
    }
    const sample = /^([a-z_]+)(\{[a-z]+="[^"\\]*"\})? (-?[0-9.e+-]+)$/.exec(line);
    expect(sample, line).not.toBeNull();
    const [, name = '', labels = '', value] = sample ?? [];
    expect(types.has(name.replace(/_(bucket|sum|count)$/, '')) || types.has(name), line).toBe(true);
    samples.set(name + labels, Number(value));
  }
  expect(Object.fromEntries(samples)).toMatchObject({
    'shakedown_jobs{state="queued"}': 1,
    'shakedown_jobs{state="done"}': 1,
    'shakedown_jobs{state="lost"}': 0,
    'shakedown_verdicts{verdict="pass"}': 1,
    'shakedown_workers{state="alive"}': 1,
    'shakedown_attempts{outcome="done"}': 1,
    shakedown_attempt_seconds_count: 1,
    'shakedown_attempt_seconds_bucket{le="+Inf"}': 1,
    shakedown_database_up: 1,
  });
});
