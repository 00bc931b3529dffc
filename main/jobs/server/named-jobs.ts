import { Problem } from './problem.ts';
import type { Service } from './service.ts';

type Needed = Pick<Service, 'store'>;

/** What a schedule began last, in the place of a job's id. */
const scheduled = /^schedule:(.*)$/s;

/**
 * Ids of the jobs that these are the ids of, or of whose matrices, or that schedules (`schedule:NAME`) began
 * last. Throws Problem for one that is not there.
 */
export async function jobsNamed({ store }: Needed, named: readonly string[]): Promise<string[]> {
  if (named.length === 0) return [];
  const ids: string[] = [];
  for (const each of named) {
    const [, schedule] = scheduled.exec(each) ?? [];
    ids.push(schedule === undefined ? each : await begunLast({ store }, schedule));
  }
  const found = await store
    .selectFrom('jobs')
    .select(['id', 'matrix'])
    .where((where) => where.or([where('id', 'in', ids), where('matrix', 'in', ids)]))
    .orderBy('created_at')
    .execute();
  const known = new Set(found.flatMap(({ id, matrix }) => [id, matrix]));
  const none = ids.find((id) => !known.has(id));
  if (none !== undefined) throw new Problem(400, `there is no job ${none}, and no matrix`);
  return found.map(({ id }) => id);
}

/** Throws Problem for a job or a schedule that is not there; one may have begun nothing yet. */
export async function mustBeNamed(service: Needed, named: readonly string[]): Promise<void> {
  await jobsNamed(
    service,
    named.filter((each) => !scheduled.test(each)),
  );
  for (const each of named) {
    const [, schedule] = scheduled.exec(each) ?? [];
    if (schedule !== undefined) await scheduleNamed(service, schedule);
  }
}

async function begunLast(service: Needed, name: string): Promise<string> {
  const { last_matrix, last_job } = await scheduleNamed(service, name);
  const last = last_matrix ?? last_job;
  if (last === null) throw new Problem(400, `the schedule '${name}' has begun no job yet`);
  return last;
}

async function scheduleNamed({ store }: Needed, name: string) {
  const row = store.selectFrom('schedules').select(['last_job', 'last_matrix']).where('name', '=', name);
  const found = await row.executeTakeFirst();
  if (!found) throw new Problem(400, `there is no schedule '${name}'`);
  return found;
}
