import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ShakedownError } from '../../../common/errors.ts';
import { exitCodes } from '../../../common/exit-codes.ts';
import { type MovedPaths, movedVariable } from '../../context/host-path.ts';
import { listRuns } from '../../record/list-runs.ts';
import { openLedgers } from '../../store/file-ledger.ts';
import { unpack } from '../packages/package-folder.ts';
import { buildSpec } from '../recipe-protocol.ts';
import { doBuild, hasFabric } from './do-build.ts';
import { doDistribute } from './do-distribute.ts';
import { foldersIn, followEvents } from './follow-events.ts';
import { type JobContext, JobResult, type WorkerJob } from './job-context.ts';
import { ownCommand, runJobProcess } from './job-process.ts';
import { placeSecrets } from './place-secrets.ts';
import { sendFiles } from './send-files.ts';
import { Worker } from './worker.ts';

/** What `shakedown submit` puts into the jobs that this worker does. */
const shakedownSpec = z.looseObject({
  /** What follows `shakedown run` or `shakedown script`; paths are in the package. */
  args: z.array(z.string()),
  package: z.string(),
  /** Files that the scenario names by absolute paths: where they lie in the package. */
  moved: z.object({ home: z.string(), files: z.record(z.string(), z.string()) }).optional(),
});

/** Where a script's files are brought back to, and under which name they are kept. */
export const outFolder = 'out';

/** ms that `reap` may take. */
const reapLimit = 300_000;

/** Where a command leaves its run's folder, below that which it is called in. */
const runs = '.shakedown/runs';

/** `shakedown worker`: does `run`, `script` and `distribute` jobs by this very program, and builds. */
export class ShakedownWorker extends Worker {
  override jobtypes = ['run', 'script', 'build', 'distribute'];

  override get capabilities() {
    const { labels, ...own } = super.capabilities;
    return { ...own, labels: [...labels, 'typescript', 'secrets', ...(hasFabric() ? ['fabric'] : [])] };
  }

  async doJob(job: WorkerJob, context: JobContext): Promise<JobResult> {
    if (job.type === 'build') return await doBuild(buildSpec.parse(job.spec), job.secrets ?? [], context);
    const { package: sha256 } = shakedownSpec.parse(job.spec);
    const cwd = join(context.folder, 'work');
    mkdirSync(cwd);
    await unpack(await context.api.package(sha256), cwd);
    const kept = join(this.folder, 'projects');
    const exitCode =
      job.type === 'distribute'
        ? await doDistribute({ job, context, kept, cwd }, (args) => runCommand(job, args, cwd, context))
        : await runCommand(job, shakedownSpec.parse(job.spec).args, cwd, context);
    const folders = foldersIn(join(cwd, runs)).map((each) => ({ folder: each, as: 'run' }));
    const problems = await sendFiles(context, [...folders, { folder: join(cwd, outFolder), as: 'files' }]);
    return new JobResult(await verdictOf(exitCode, cwd), {
      exitCode,
      ...(problems.length > 0 ? { problems } : {}),
    });
  }

  /** Has the machines destroyed that stand in the ledgers of runs which were killed. */
  protected override async clearAway(folder: string): Promise<void> {
    const cwd = join(folder, 'work');
    if ((await openLedgers(cwd)).length === 0) return;
    const said: Buffer[] = [];
    const exitCode = await runJobProcess({
      ...{ command: ownCommand(['reap']), cwd, signal: AbortSignal.timeout(reapLimit) },
      output: async (piece) => void said.push(piece),
    });
    if (exitCode !== 0) throw new ShakedownError({ message: Buffer.concat(said).toString().trim() });
  }
}

/** Runs `shakedown TYPE ARGS…` in a folder, and follows its run. */
async function runCommand(
  { type, spec, secrets = [] }: WorkerJob,
  args: readonly string[],
  cwd: string,
  context: JobContext,
): Promise<number | null> {
  const { moved } = shakedownSpec.parse(spec);
  const secretVariables = placeSecrets(secrets, cwd);
  const env = { ...secretVariables, ...(moved ? movedInto(moved, cwd) : {}) };
  const following = followEvents(join(cwd, runs), (events) => context.tellEvents(events));
  return await runJobProcess({
    command: ownCommand([type, ...withVariables(type, args, secretVariables)]),
    ...{ cwd, env, place: context.place },
    signal: context.signal,
    output: (piece) => context.log(piece),
  }).finally(() => following.end());
}

function movedInto({ home, files }: MovedPaths, cwd: string): Record<string, string> {
  const here = Object.entries(files).map(([path, place]) => [path, join(cwd, place)] as const);
  return { [movedVariable]: JSON.stringify({ home, files: Object.fromEntries(here) }) };
}

/** Scripts and tests have them where they run, too, by their names: no command line has the values. */
function withVariables(
  type: string,
  args: readonly string[],
  env: Record<string, string>,
): readonly string[] {
  const variables = Object.keys(env).flatMap((name) => ['--env', name]);
  const [file = '', ...more] = args;
  if (type === 'script') return [file, ...variables, ...more];
  return type === 'distribute' ? [...variables, ...args] : args;
}

/**
 * As the run's record says: a script's exit code is its own, be it one of ours. By
 * the code where nothing came of it.
 */
async function verdictOf(exitCode: number | null, cwd: string): Promise<JobResult['verdict']> {
  const [run] = await listRuns(cwd);
  const verdict = run?.record?.verdict;
  if (verdict !== undefined) return verdict === 'skip' ? 'error' : verdict;
  if (exitCode === exitCodes.pass) return 'pass';
  const unsure: (number | null)[] = [null, exitCodes.usage, exitCodes.error, exitCodes.interrupted];
  return unsure.includes(exitCode) ? 'error' : 'fail';
}
