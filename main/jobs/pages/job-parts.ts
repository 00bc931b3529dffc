import type { Store } from '../store/kysely-of.ts';
import { artifactsOf, level } from './artifacts.ts';
import type { ShownAttempt } from './one-attempt.ts';
import { fragment } from './render.ts';

/** What of a job's page changes while it is looked at, but for the log: HTML by the id of its element. */
export async function jobParts(
  store: Store,
  { job, number, isOver }: ShownAttempt,
): Promise<Readonly<Record<string, string>>> {
  const artifacts = await artifactsOf(store, job.id, number);
  const report = artifacts.find(({ path }) => path === 'run/report.html');
  const progress = job.attempts.find((each) => each.number === number)?.progress;
  return {
    'job-summary': fragment('job/summary', { job, number, isOver }),
    'job-suite': progress?.suite ? fragment('job/suite', { suite: progress.suite, isOver }) : '',
    'job-progress': progress ? fragment('job/progress', { progress }) : '',
    'job-attempts': fragment('job/attempts', { job, number }),
    'job-artifacts': fragment('job/artifacts', { job, number, entries: level(artifacts, ''), folder: '' }),
    'job-report': report ? fragment('job/report', { job, number }) : '',
  };
}
