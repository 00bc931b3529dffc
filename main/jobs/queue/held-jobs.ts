import { sql } from 'kysely';
import { now } from '../store/now.ts';
import type { QueueParts } from './queue-parts.ts';

/** How many jobs one transaction takes. */
const most = 1000;

/**
 * Lets the held jobs wait in their queues whose time has come and whose dependencies passed; gives how many
 * jobs changed. One of which a dependency did not pass is over, and its note says why; so are those that come
 * after it.
 */
export async function releaseHeld(parts: QueueParts): Promise<number> {
  let changed = 0;
  for (;;) {
    const [skipped, sent] = [await skip(parts), await send(parts)];
    changed += skipped + sent;
    if (skipped === 0 && sent < most) return changed;
  }
}

const isHeld = sql<boolean>`jobs.state = 'queued' AND jobs.boss_id IS NULL`;

async function skip({ store }: QueueParts): Promise<number> {
  const { numAffectedRows } = await sql`
    UPDATE jobs SET state = 'skipped', ended_at = clock_timestamp(), note = failed.words
    FROM (
      SELECT dependencies.job, 'it comes after ' || string_agg(needed.id || ', which was '
        || CASE needed.state WHEN 'done' THEN needed.verdict ELSE needed.state END, '; ') AS words
      FROM dependencies JOIN jobs AS needed ON needed.id = dependencies.needs
      WHERE needed.ended_at IS NOT NULL AND (needed.state <> 'done' OR needed.verdict <> 'pass')
        AND EXISTS (SELECT 1 FROM jobs WHERE jobs.id = dependencies.job AND ${isHeld})
      GROUP BY dependencies.job) AS failed
    WHERE jobs.id = failed.job AND ${isHeld}
  `.execute(store);
  return Number(numAffectedRows ?? 0n);
}

async function send({ database, store, groups }: QueueParts): Promise<number> {
  return await database.transaction(async () => {
    const due = await store
      .selectFrom('jobs')
      .select(['id', 'group_id', 'priority', 'attempts'])
      .where(isHeld)
      .where((where) => where.or([where('not_before', 'is', null), where('not_before', '<=', now)]))
      .where(
        sql<boolean>`NOT EXISTS (
          SELECT 1 FROM dependencies JOIN jobs AS needed ON needed.id = dependencies.needs
          WHERE dependencies.job = jobs.id AND (needed.state <> 'done' OR needed.verdict <> 'pass'))`,
      )
      .orderBy('created_at')
      .limit(most)
      .forUpdate()
      .skipLocked()
      .execute();
    for (const job of due) {
      const boss_id = await groups.send(job.group_id, job);
      await store.updateTable('jobs').set({ boss_id }).where('id', '=', job.id).execute();
    }
    return due.length;
  });
}
