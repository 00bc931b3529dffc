import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { z } from 'zod';
import { asShakedownError } from '../../../common/errors.ts';
import { addOrigins, foundOutHere, historyFile } from '../../distribute/history/history-file.ts';
import type { SentProject } from '../../distribute/project/sent-project.ts';
import type { JobContext, WorkerJob } from './job-context.ts';

/** What `shakedown submit distribute` puts into a job. */
const distributeSpec = z.looseObject({
  /** What follows `shakedown distribute`. */
  args: z.array(z.string()),
  /** Whether it was repeated for those alone that failed. */
  failedOnly: z.boolean().optional(),
});

interface Distributing {
  readonly job: WorkerJob;
  readonly context: JobContext;
  /** The folder that is kept from job to job, and the one that goes with this one. */
  readonly kept: string;
  readonly cwd: string;
}

/**
 * Gets what is known of the test files of the project in `cwd`, has it `run` with the arguments that
 * `shakedown distribute` needs for them, and tells the server what was found out.
 */
export async function doDistribute(
  { job, context, kept, cwd }: Distributing,
  run: (args: readonly string[]) => Promise<number | null>,
): Promise<number | null> {
  const { args, failedOnly } = distributeSpec.parse(job.spec);
  const { api } = context;
  const home = homeOf(kept, job);
  const history = historyFile(home);
  addOrigins(history, await api.testHistory(job.job, job.number));
  const sent: SentProject = { files: [...filesIn(cwd)], home };
  const file = join(context.folder, 'sent.json');
  writeFileSync(file, JSON.stringify(sent));
  const exitCode = await run(['--sent', file, ...(failedOnly ? ['--only-failed'] : []), ...args]);
  // What it came to counts, whatever becomes of the history.
  await api
    .addTestHistory(job.job, job.number, foundOutHere(history))
    .catch((error: unknown) =>
      context.log(`how long the files took is not kept: ${asShakedownError(error).message}\n`),
    );
  return exitCode;
}

/**
 * Where jobs of one project and submitter have their history and the names of their places on nodes: by it
 * the nodes have to be sent only what changed from job to job.
 */
function homeOf(kept: string, { submitter, name }: WorkerJob): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([submitter, name]))
    .digest('hex');
  const plain = name.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-+|-+$/g, '');
  const home = join(kept, digest.slice(0, 12), plain.slice(0, 40) || 'project');
  mkdirSync(home, { recursive: true, mode: 0o700 });
  return home;
}

/** Files and links, relative. */
const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
