import { sql } from 'kysely';
import { now } from '../store/now.ts';
import { endJob, openAttempt } from './attempt-rows.ts';
import { queueOf } from './groups.ts';
import type { QueueParts } from './queue-parts.ts';
import type { AttemptKey } from './queued-job.ts';

/** An attempt that the server ended. */
export interface EndedAttempt extends AttemptKey {
  readonly why: 'lost' | 'timeout';
}

/**
 * Ends the attempts whose lease or whose job's time limit is over. A job whose worker was lost waits again,
 * or is set aside when it had enough; one that took too long is over.
 */
export async function endOverdue({ database, store, boss }: QueueParts): Promise<readonly EndedAttempt[]> {
  const isLate = sql<boolean>`attempts.ends_by IS NOT NULL AND attempts.ends_by < clock_timestamp()`;
  const overdue = await store
    .selectFrom('attempts')
    .innerJoin('jobs', 'jobs.id', 'attempts.job')
    .select(['attempts.job', 'attempts.number', 'attempts.boss_id', 'retry_count'])
    .select(['jobs.attempts', 'jobs.group_id', 'jobs.time_limit'])
    .select(isLate.as('isLate'))
    .where('attempts.ended_at', 'is', null)
    .where((where) => where.or([where('lease_until', '<', now), isLate]))
    .execute();
  const ended: EndedAttempt[] = [];
  for (const { job, number, boss_id: id, retry_count: retryCount, ...row } of overdue) {
    const [queue, why] = [queueOf(row.group_id), row.isLate ? 'timeout' : 'lost'] as const;
    const isEnded = await database.transaction(async () => {
      const answer = await (why === 'timeout'
        ? boss.cancel(queue, { id, retryCount })
        : boss.fail(queue, { id, retryCount }, { message: why }));
      // Its type says nothing of it (pg-boss 12.38).
      if ((answer as { affected?: number }).affected !== 1) return false;
      const attempt = openAttempt(store, job).set({ ended_at: now, outcome: why });
      if (why === 'timeout') {
        const result = JSON.stringify({ error: `not over after ${row.time_limit} s, its time limit` });
        await attempt.set({ result }).execute();
        return await endJob(store, { id: job, boss_id: id }, 'done', 'error');
      }
      await attempt.execute();
      if (retryCount + 1 >= row.attempts)
        return await endJob(store, { id: job, boss_id: id }, 'lost', 'error');
      await store.updateTable('jobs').set({ state: 'queued' }).where('id', '=', job).execute();
      return true;
    });
    if (isEnded) ended.push({ job, number, why });
  }
  return ended;
}
