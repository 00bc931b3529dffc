import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { submission } from '../protocol.ts';
import { buildFrom } from './builds.ts';
import { jobsNamed, mustBeNamed } from './named-jobs.ts';
import { Problem } from './problem.ts';
import type { Service } from './service.ts';

type Submission = z.output<typeof submission>;
/** One job, or in its place all those of a matrix. */
export interface JobsToSubmit {
  readonly submission?: Submission | undefined;
  readonly jobs?: readonly Submission[] | undefined;
}

/** What was submitted at once. */
export interface Begun {
  readonly jobs: readonly string[];
  readonly matrix: string | null;
}

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

/**
 * Puts the jobs of a matrix into the queue, all of them or none, and gives their ids; those that it has where
 * a matrix of this id is there. Throws as `submitJob`.
 */
export async function submitMatrix(
  service: Needed,
  jobs: readonly Submission[],
  submitter: string,
  id: string,
): Promise<string[]> {
  const known = service.store.selectFrom('jobs').select('id').where('matrix', '=', id).orderBy('created_at');
  return await service.database.transaction(async () => {
    const before = await known.execute();
    if (before.length > 0) return before.map((job) => job.id);
    const made: string[] = [];
    for (const each of jobs) made.push(await submitJob(service, each, submitter, id));
    return made;
  });
}

/** Puts one job or a new matrix into the queue. Throws as `submitJob`. */
export async function submitJobs(service: Needed, wanted: JobsToSubmit, submitter: string): Promise<Begun> {
  const { submission: one, jobs } = wanted;
  if (one) return { jobs: [await submitJob(service, one, submitter)], matrix: null };
  const matrix = randomUUID();
  return { jobs: await submitMatrix(service, jobs ?? [], submitter, matrix), matrix };
}

/** What would be queued. Throws Problem when something that it names is not there. */
async function checkSubmission({ store, files }: Needed, asked: Submission): Promise<Submission> {
  const body = asked.type === 'build' ? await buildFrom(store, asked) : asked;
  if (body.package !== undefined && !files.packages.has(body.package)) {
    throw new Problem(400, `there is no package ${body.package}: upload it first`);
  }
  return body;
}

/** Throws Problem when something is wrong with what a schedule will submit. */
export async function checkScheduled(
  service: Needed,
  { submission: one, jobs = [] }: JobsToSubmit,
): Promise<void> {
  for (const each of one ? [one] : jobs) {
    await checkSubmission(service, each);
    await mustBeNamed(service, each.after ?? []);
  }
}
