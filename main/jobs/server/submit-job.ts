import type { z } from 'zod';
import type { submission } from '../protocol.ts';
import { buildFrom } from './builds.ts';
import { Problem } from './problem.ts';
import type { Service } from './service.ts';

type Submission = z.output<typeof submission>;
type Needed = Pick<Service, 'database' | 'queue' | 'store' | 'files' | 'vault'>;

/**
 * Puts a job into the queue for somebody, and gives its id: what a request asks for, and what a schedule
 * does. Takes part in the transaction in which it is called. Throws Problem when something that it names is
 * not there.
 */
export async function submitJob(
  service: Needed,
  asked: Submission,
  submitter: string,
  matrix?: string,
): Promise<string> {
  const { id, secrets, ...rest } = await checkSubmission(service, asked);
  // Their names are no secrets.
  const spec = { ...rest, ...(secrets.length > 0 ? { secrets: secrets.map((each) => each.name) } : {}) };
  const { type, platform, labels, name, notBefore, priority, attempts, timeLimit, cell } = spec;
  const after = await jobsNamed(service, rest.after ?? []);
  const needs = { type, labels, ...(platform === undefined ? {} : { platform }) };
  await service.queue.prepare(needs, submitter);
  return await service.database.transaction(async () => {
    const job = await service.queue.enqueue({
      ...{ name: name ?? type, needs },
      ...{ id, spec },
      submitter,
      ...{ priority, attempts, timeLimit, after, matrix, cell },
      notBefore: notBefore === undefined ? undefined : new Date(notBefore),
    });
    await service.vault.put(job, secrets);
    return job;
  });
}

/** What would be queued. Throws Problem when something that it names is not there. */
export async function checkSubmission({ store, files }: Needed, asked: Submission): Promise<Submission> {
  if (asked.type === 'build' && asked.secrets.length > 0) throw new Problem(400, 'a build takes no secrets');
  const body = asked.type === 'build' ? await buildFrom(store, asked) : asked;
  if (body.package !== undefined && !files.packages.has(body.package)) {
    throw new Problem(400, `there is no package ${body.package}: upload it first`);
  }
  return body;
}

/**
 * Ids of the jobs that these are the ids of, or of whose matrices. Throws Problem for one that is not there.
 */
export async function jobsNamed(
  { store }: Pick<Service, 'store'>,
  ids: readonly string[],
): Promise<string[]> {
  if (ids.length === 0) return [];
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
