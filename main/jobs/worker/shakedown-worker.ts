import { existsSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { z } from 'zod';
import { asShakedownError } from '../../../common/errors.ts';
import { exitCodes } from '../../../common/exit-codes.ts';
import { RefusedError } from '../client/jobs-api.ts';
import { unpack } from '../packages/package-folder.ts';
import { foldersIn, followEvents } from './follow-events.ts';
import { runJobProcess } from './job-process.ts';
import { type JobContext, JobResult, Worker, type WorkerJob } from './worker.ts';

/** What `shakedown submit` puts into the jobs that this worker does. */
export const shakedownSpec = z.looseObject({
  /** What follows `shakedown run` or `shakedown script`; paths are in the package. */
  args: z.array(z.string()),
  package: z.string(),
});

/** Where a script's files are brought back to, and under which name they are kept. */
export const outFolder = 'out';

/** Where a command leaves its run's folder, below that which it is called in. */
const runs = '.shakedown/runs';

/** `shakedown worker`: does `run` and `script` jobs by this very program. */
export class ShakedownWorker extends Worker {
  override jobtypes = ['run', 'script'];

  async doJob({ type, spec }: WorkerJob, context: JobContext): Promise<JobResult> {
    const { args, package: sha256 } = shakedownSpec.parse(spec);
    const cwd = join(context.folder, 'work');
    mkdirSync(cwd);
    await unpack(await context.api.package(sha256), cwd);
    const following = followEvents(join(cwd, runs), (events) => context.tellEvents(events));
    const exitCode = await runJobProcess({
      ...{ args: [type, ...args], cwd, signal: context.signal, output: (piece) => context.log(piece) },
    }).finally(() => following.end());
    const problems = await keepEvidence(cwd, context);
    return new JobResult(verdictOf(exitCode), { exitCode, ...(problems.length > 0 ? { problems } : {}) });
  }
}

function verdictOf(exitCode: number | null): JobResult['verdict'] {
  if (exitCode === exitCodes.pass) return 'pass';
  const unsure: (number | null)[] = [null, exitCodes.usage, exitCodes.error, exitCodes.interrupted];
  return unsure.includes(exitCode) ? 'error' : 'fail';
}

/** Sends the run's directory, and what a script brought back; gives what could not be sent. */
async function keepEvidence(cwd: string, context: JobContext): Promise<readonly string[]> {
  const folders = foldersIn(join(cwd, runs));
  const problems: string[] = [];
  const places: [string, string][] = [...folders.map((each): [string, string] => [each, 'run'])];
  places.push([join(cwd, outFolder), 'files']);
  for (const [folder, name] of places) {
    for (const file of filesBelow(folder)) {
      const path = join(name, relative(folder, file));
      try {
        await context.addArtifact(path, file);
      } catch (error) {
        // An attempt that is over wants no more of it.
        if (error instanceof RefusedError && error.status === 409) return problems;
        problems.push(`${path}: ${asShakedownError(error).message}`);
      }
    }
  }
  return problems;
}

/** Plain files; what a link points to is told by no evidence. */
function filesBelow(folder: string): readonly string[] {
  if (!existsSync(folder) || !lstatSync(folder).isDirectory()) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
