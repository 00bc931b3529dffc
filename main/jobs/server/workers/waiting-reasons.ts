import { sql } from 'kysely';
import type { JobView } from '../../protocol.ts';
import { expectedStarts, type Place } from '../../queue/expected-start.ts';
import { lacks } from '../../queue/needs.ts';
import { type KnownWorker, whyItWaits } from '../../queue/waiting.ts';
import type { Store } from '../../store/kysely-of.ts';
import type { Needs } from '../../store/tables.ts';
import { durationsOf } from './durations.ts';

/** How far down the queue it is counted when a job will begin. */
const depth = 1000;

export interface QueuedRow {
  readonly id: string;
  readonly submitter: string;
  readonly wants: Needs;
  readonly not_before: Date | null;
}

type Told = Pick<JobView, 'waiting' | 'waitingFor' | 'expectedStart'>;

/** Why each of these jobs, which are queued, waits. */
export async function waitingReasons(
  store: Store,
  rows: readonly QueuedRow[],
  workers: readonly (KnownWorker & { readonly id: string })[],
): Promise<ReadonlyMap<string, Told>> {
  if (rows.length === 0) return new Map();
  const now = new Date();
  const [quotas, starts] = [await quotasOf(store, rows), await startsOf(store, workers, now)];
  const awaited = await awaitedBy(store, rows);
  return new Map(
    rows.map(({ id, submitter, wants: needs, not_before: notBefore }) => {
      const ms = starts.get(id);
      const expectedStart = ms === undefined ? undefined : new Date(ms);
      const job = {
        needs,
        submitter,
        notBefore,
        quota: quotas.get(submitter),
        dependencies: awaited.get(id) ?? [],
        expectedStart,
      };
      const { reason: waitingFor, words: waiting } = whyItWaits(job, workers, now);
      const isBusy = waitingFor === 'worker-busy';
      return [id, { waiting, waitingFor, expectedStart: (isBusy && expectedStart?.toISOString()) || null }];
    }),
  );
}

/** Jobs that are not over yet, by the job that comes after them. */
async function awaitedBy(store: Store, rows: readonly QueuedRow[]): Promise<Map<string, string[]>> {
  const found = await store
    .selectFrom('dependencies')
    .innerJoin('jobs', 'jobs.id', 'dependencies.needs')
    .select(['dependencies.job', 'jobs.id', 'state'])
    .where(
      sql<boolean>`dependencies.job IN (SELECT json_array_elements_text(${JSON.stringify(rows.map(({ id }) => id))}::json))`,
    )
    .where('state', 'in', ['queued', 'running'])
    .orderBy('created_at')
    .execute();
  const awaited = new Map<string, string[]>();
  for (const { job, id, state } of found) awaited.set(job, [...(awaited.get(job) ?? []), `${id} (${state})`]);
  return awaited;
}

async function quotasOf(store: Store, rows: readonly QueuedRow[]) {
  const submitters = [...new Set(rows.map(({ submitter }) => submitter))];
  const { rows: found } = await sql<{ submitter: string; running: number; most: number }>`
    SELECT submitter, running_of(submitter) AS running, quota_of(submitter) AS most
    FROM json_array_elements_text(${JSON.stringify(submitters)}::json) AS submitter
    WHERE quota_of(submitter) IS NOT NULL
  `.execute(store);
  return new Map(found.map(({ submitter, ...quota }) => [submitter, quota]));
}

/** When the first jobs of the queue will begin, as far as past ones tell. */
async function startsOf(
  store: Store,
  workers: readonly (KnownWorker & { readonly id: string })[],
  now: Date,
): Promise<ReadonlyMap<string, number | undefined>> {
  const taking = workers.filter(({ alive, draining, pause }) => alive && !draining && pause === null);
  const queued = await store
    .selectFrom('jobs')
    .innerJoin('groups', 'groups.id', 'jobs.group_id')
    .select(['jobs.id', 'type', 'name', 'needs', 'wants'])
    .where('state', '=', sql.lit('queued'))
    .where('boss_id', 'is not', null)
    .orderBy('priority', 'desc')
    .orderBy('created_at')
    .limit(depth)
    .execute();
  const running = await store
    .selectFrom('attempts')
    .innerJoin('jobs', 'jobs.id', 'attempts.job')
    .select(['worker', 'type', 'name', 'started_at'])
    .where('attempts.ended_at', 'is', null)
    .execute();
  const durationOf = await durationsOf(store, [...queued, ...running]);
  const places = taking.flatMap(({ id, slots }): Place[] => {
    const jobs = running.filter(({ worker }) => worker === id);
    const free = Array.from({ length: Math.max(0, slots - jobs.length) }, () => now.getTime());
    const ends = jobs.map((job) => {
      const ms = durationOf(job);
      return ms === undefined ? undefined : Math.max(now.getTime(), job.started_at.getTime() + ms);
    });
    return [...free, ...ends].map((freeAt) => ({ worker: id, freeAt }));
  });
  const able = new Map(taking.map(({ id, capabilities }) => [id, capabilities]));
  const wants = new Map(queued.map((job) => [job.needs, job.wants]));
  const serves = (worker: string, needs: string): boolean => {
    const [capabilities, wanted] = [able.get(worker), wants.get(needs)];
    return !!capabilities && !!wanted && lacks(capabilities, wanted).length === 0;
  };
  const jobs = queued.map((job) => ({ id: job.id, needs: job.needs, ms: durationOf(job) }));
  return expectedStarts(jobs, places, serves, now.getTime());
}
