import { sql } from 'kysely';
import type { Store } from '../store/kysely-of.ts';
import type { Verdict } from '../store/tables.ts';
import type { AttemptKey, Claim } from './queued-job.ts';

/** By the database's clock, which all servers share. */
export const now = sql<Date>`clock_timestamp()`;
export const untilLeaseEnds = (seconds: number) =>
  sql<Date>`clock_timestamp() + ${seconds}::double precision * interval '1 second'`;

/** What a claim with this request was given, while that attempt goes on. */
export async function claimed(store: Store, worker: string, request: string): Promise<Claim | undefined> {
  const found = await store
    .selectFrom('attempts')
    .innerJoin('jobs', 'jobs.id', 'attempts.job')
    .select(['job', 'number', 'type', 'name', 'spec', 'lease_seconds'])
    .where('request', '=', request)
    .where('worker', '=', worker)
    .where('attempts.ended_at', 'is', null)
    .executeTakeFirst();
  if (!found) return undefined;
  const { lease_seconds: leaseSeconds, ...claim } = found;
  return { ...claim, leaseSeconds };
}

/** The attempt, which nobody else changes until the transaction is over. */
export function lockedAttempt(store: Store, { job, number }: AttemptKey) {
  return store
    .selectFrom('attempts')
    .select(['boss_id', 'retry_count', 'outcome'])
    .where('job', '=', job)
    .where('number', '=', number)
    .forUpdate()
    .executeTakeFirst();
}

export async function endAttempt(
  store: Store,
  { job, number }: AttemptKey,
  outcome: 'done' | 'lost',
  result?: string,
): Promise<void> {
  await store
    .updateTable('attempts')
    .set({ ended_at: now, outcome, ...(result === undefined ? {} : { result }) })
    .where('job', '=', job)
    .where('number', '=', number)
    .execute();
}

export async function endJob(
  store: Store,
  id: string,
  state: 'done' | 'cancelled' | 'lost',
  verdict: Verdict | null,
): Promise<void> {
  await store.updateTable('jobs').set({ state, verdict, ended_at: now }).where('id', '=', id).execute();
}
