import { readdirSync } from 'node:fs';
import { sql } from 'kysely';
import { forgetHistories } from '../test-histories/test-histories.ts';
import type { Service } from './service.ts';

/** What a server keeps of jobs that are over; undefined for without end. */
export interface KeptJobs {
  readonly days?: number | undefined;
  /** The newest ones. */
  readonly count?: number | undefined;
  /** Of their logs and artifacts; the oldest go first. */
  readonly bytes?: number | undefined;
}

export const usuallyKept: KeptJobs = { days: 90, count: 10_000 };

/** Days for which a package that no job refers to is kept, and a worker that has left. */
const idle = 1;

/** Whether a job that is not over waits for what this one came to. */
const isNeeded = sql<boolean>`EXISTS (
  SELECT 1 FROM dependencies JOIN jobs AS others ON others.id = dependencies.job
  WHERE dependencies.needs = jobs.id AND others.ended_at IS NULL)`;

type Needed = Pick<Service, 'database' | 'store' | 'files' | 'now'>;

/**
 * Deletes jobs that are over, with their attempts, logs and artifacts, but none that is pinned; then what
 * nobody refers to any more: packages, workers, folders that a killed server left. Any number of servers may
 * do so at once. Gives how many jobs it deleted.
 */
export async function deleteOld(service: Needed, kept: KeptJobs): Promise<number> {
  const { store, files, now } = service;
  const over = await store
    .selectFrom('jobs')
    .select(['id', 'ended_at'])
    .where('ended_at', 'is not', null)
    .where('pinned', '=', false)
    .where(isNeeded, '=', false)
    .orderBy('ended_at', 'desc')
    .orderBy('id')
    .execute();
  const { days = Number.POSITIVE_INFINITY, count = over.length, bytes } = kept;
  const oldest = (await now()).getTime() - days * 86_400_000;
  let deleted = 0;
  let size = 0;
  for (const [index, { id, ended_at }] of over.entries()) {
    if (bytes !== undefined) size += await files.sizeOfJob(id);
    const isOld = (ended_at?.getTime() ?? 0) < oldest || index >= count || size > (bytes ?? size);
    if (isOld && (await deleteJob(service, id))) deleted++;
  }
  await deleteUnused(service);
  if (kept.days !== undefined) await forgetHistories(service.store, kept.days);
  return deleted;
}

/** False when it is pinned, needed or waits again by now. */
async function deleteJob({ database, store, files }: Needed, id: string): Promise<boolean> {
  const isGone = await database.transaction(async () => {
    const found = await store
      .selectFrom('jobs')
      .select('id')
      .where('id', '=', id)
      .where('ended_at', 'is not', null)
      .where('pinned', '=', false)
      .where(isNeeded, '=', false)
      .forUpdate()
      .executeTakeFirst();
    if (!found) return false;
    await sql`
      DELETE FROM pgboss.job WHERE id IN (SELECT boss_id::uuid FROM attempts WHERE job = ${id})
    `.execute(store);
    await sql`DELETE FROM artifacts WHERE job = ${id}`.execute(store);
    await sql`DELETE FROM attempts WHERE job = ${id}`.execute(store);
    await sql`DELETE FROM jobs WHERE id = ${id}`.execute(store);
    return true;
  });
  // What a kill leaves here is found by the next look.
  if (isGone) await files.removeJob(id);
  return isGone;
}

async function deleteUnused({ database, store, files }: Needed): Promise<void> {
  await sql`
    DELETE FROM workers
    WHERE coalesce(left_at, seen_at) < clock_timestamp() - ${idle} * interval '1 day'
      AND NOT EXISTS (SELECT 1 FROM attempts WHERE attempts.worker = workers.id)
  `.execute(store);
  const { rows } = await database.ask(`
    SELECT spec->>'package' AS sha256 FROM jobs WHERE spec ? 'package'
    UNION SELECT sha256 FROM recipes
    UNION SELECT submission->>'package' FROM schedules WHERE submission ? 'package'
    UNION SELECT each->>'package' FROM schedules, jsonb_array_elements(jobs) AS each WHERE each ? 'package'
  `);
  await files.packages.removeUnused(new Set(rows.map(({ sha256 }) => String(sha256))), idle);
  for (const id of readdirSync(files.jobsFolder())) {
    const known = await store.selectFrom('jobs').select('id').where('id', '=', id).executeTakeFirst();
    if (!known) await files.removeJob(id);
  }
}
