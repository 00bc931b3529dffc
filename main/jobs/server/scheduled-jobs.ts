import type { Selectable } from 'kysely';
import type { z } from 'zod';
import { ShakedownError } from '../../../common/errors.ts';
import { submission } from '../protocol.ts';
import type { JobSecret } from '../secrets/job-secret.ts';
import type { Scheduled, ScheduleTable } from '../store/recipe-tables.ts';
import { Problem, readAs } from './problem.ts';
import type { Service } from './service.ts';
import { type Begun, type JobsToSubmit, submitJobs } from './submit-job.ts';

type Needed = Pick<Service, 'database' | 'store' | 'queue' | 'files' | 'vault'>;
type Row = Selectable<ScheduleTable>;

/** What a schedule is to begin, as it is kept: the secrets apart, of each job in its place. */
export function keptApart({ submission: one, jobs }: JobsToSubmit): {
  readonly submission: string | null;
  readonly jobs: string | null;
  readonly secrets: readonly (readonly JobSecret[])[];
} {
  const all = jobs ?? (one ? [one] : []);
  return {
    submission: one ? JSON.stringify(withoutSecrets(one)) : null,
    jobs: jobs ? JSON.stringify(jobs.map(withoutSecrets)) : null,
    secrets: all.map(({ secrets }) => secrets),
  };
}

/** Each job has an id of its own. The names of secrets are none. */
function withoutSecrets({ id: _, secrets, ...rest }: z.output<typeof submission>): Record<string, unknown> {
  return { ...rest, ...(secrets.length > 0 ? { secrets: secrets.map(({ name }) => name) } : {}) };
}

/**
 * Submits what a schedule is to begin once. Takes part in the transaction in which it is called. Throws
 * Problem when something that it names is not there.
 */
export async function submitScheduled(service: Needed, row: Row, submitter: string): Promise<Begun> {
  const secrets = await service.vault.openScheduled(row.name).catch((error: unknown) => {
    throw error instanceof ShakedownError ? new Problem(400, error.message) : error;
  });
  const whole = (job: Scheduled, index: number) =>
    readAs(submission, { ...job, secrets: secrets[index] ?? [] });
  const wanted = row.jobs
    ? { jobs: row.jobs.map(whole) }
    : { submission: whole(row.submission ?? { type: '' }, 0) };
  return await submitJobs(service, wanted, submitter);
}

/** Whether something of what a schedule began last is not over. */
export async function isUnderWay({ store }: Pick<Service, 'store'>, row: Row): Promise<boolean> {
  const { last_job: job, last_matrix: matrix } = row;
  if (job === null && matrix === null) return false;
  const found = await store
    .selectFrom('jobs')
    .select('id')
    .where((where) => (matrix === null ? where('id', '=', job ?? '') : where('matrix', '=', matrix)))
    .where('ended_at', 'is', null)
    .limit(1)
    .executeTakeFirst();
  return found !== undefined;
}
