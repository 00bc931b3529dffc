import { Problem } from './problem.ts';
import type { Service } from './service.ts';

/** What one can do to a job, with what is said when it is too late or too early for that. */
const jobActs = { cancel: 'is over already', retry: 'is not over' } as const;

/** Keeps a job however old it gets, or no longer. Throws Problem when there is no such job. */
export async function pinJob(
  { store, signals }: Pick<Service, 'store' | 'signals'>,
  id: string,
  pinned: boolean,
): Promise<void> {
  const update = store.updateTable('jobs').set({ pinned }).where('id', '=', id);
  const { numUpdatedRows } = await update.executeTakeFirst();
  if (numUpdatedRows === 0n) throw new Problem(404, `there is no job ${id}`);
  signals.changed('queue');
  signals.changed(`job ${id}`);
}

/**
 * Does it to the job of this id, or to all jobs of that matrix; with `failed` to those of them that did not
 * pass, of which a distribution runs again only those files that did not. Throws Problem when there is no
 * such job, or none of them is in a state for that.
 */
export async function actOnJob(
  { store, queue, signals }: Pick<Service, 'store' | 'queue' | 'signals'>,
  id: string,
  act: keyof typeof jobActs,
  { failed = false } = {},
): Promise<void> {
  const found = await store
    .selectFrom('jobs')
    .select(['id', 'verdict', 'spec'])
    .where((where) => where.or([where('id', '=', id), where('matrix', '=', id)]))
    .orderBy('created_at')
    .execute();
  if (found.length === 0) throw new Problem(404, `there is no job ${id}`);
  const wanted = failed ? found.filter(({ verdict }) => verdict !== 'pass') : found;
  if (wanted.length === 0) throw new Problem(409, `none of the jobs of ${id} failed`);
  const secret = wanted.find(({ spec }) => spec.secrets !== undefined);
  if (act === 'retry' && secret) {
    throw new Problem(409, `the secrets of job ${secret.id} were deleted with its end: submit it again`);
  }
  const done: string[] = [];
  const ended = (job: string) => (act === 'retry' ? queue.retry(job, failed) : queue.cancel(job));
  for (const job of wanted) if (await ended(job.id)) done.push(job.id);
  if (done.length === 0) throw new Problem(409, `job ${id} ${jobActs[act]}`);
  signals.changed('queue');
  for (const job of done) signals.changed(`job ${job}`);
}
