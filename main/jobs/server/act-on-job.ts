import { Problem } from './problem.ts';
import type { Service } from './service.ts';

/** What one can do to a job, with what is said when it is too late or too early for that. */
export const jobActs = { cancel: 'is over already', retry: 'is not over' } as const;

/** Throws Problem when there is no such job, or it is not in a state for that. */
export async function actOnJob(
  { store, queue, signals }: Pick<Service, 'store' | 'queue' | 'signals'>,
  id: string,
  act: keyof typeof jobActs,
): Promise<void> {
  const found = await store.selectFrom('jobs').select('spec').where('id', '=', id).executeTakeFirst();
  if (!found) throw new Problem(404, `there is no job ${id}`);
  if (act === 'retry' && found.spec.secrets !== undefined) {
    throw new Problem(409, `the secrets of job ${id} were deleted with its end: submit it again`);
  }
  if (!(await queue[act](id))) throw new Problem(409, `job ${id} ${jobActs[act]}`);
  signals.changed('queue');
  signals.changed(`job ${id}`);
}
