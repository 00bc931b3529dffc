import { existsSync, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { limited } from '../../../common/time-limit.ts';
import { ownModuleFile } from '../../context/own-module.ts';
import { unpack } from '../packages/package-folder.ts';
import type { BuildSpec } from '../recipe-protocol.ts';
import type { JobSecret } from '../secrets/job-secret.ts';
import { type JobContext, JobResult } from './job-context.ts';
import { runJobProcess } from './job-process.ts';
import { placeSecrets } from './place-secrets.ts';
import { sendFiles } from './send-files.ts';

/**
 * Does one task of a recipe in a clean folder, the package's content, and gives its exit code, how many
 * seconds it took, and whether it was ended because of its time limit. Parameters are in its environment as
 * `PARAM_name`, secrets as they say; what it puts into the folder `FILES` is kept with the job, as `files/…`.
 */
export async function doBuild(
  spec: BuildSpec,
  secrets: readonly JobSecret[],
  context: JobContext,
): Promise<JobResult> {
  const [cwd, files] = [join(context.folder, 'work'), join(context.folder, 'files')];
  for (const folder of [cwd, files]) mkdirSync(folder);
  await unpack(await context.api.package(spec.package), cwd);
  const signal = limited(spec.timeout ?? Number.POSITIVE_INFINITY, context.signal);
  const began = performance.now();
  const exitCode = await runJobProcess({
    command: [
      process.execPath,
      ownModuleFile(import.meta.url, 'task-program'),
      spec.by,
      spec.file,
      spec.task,
    ],
    ...{ cwd, place: context.place, endsAll: true, output: (piece) => context.log(piece) },
    signal,
    env: {
      ...variables(spec),
      ...placeSecrets(secrets, cwd),
      FILES: files,
      SHAKEDOWN_PARAMETERS: JSON.stringify(spec.parameters),
    },
  });
  const late = signal.aborted && !context.signal.aborted;
  const seconds = Math.round(performance.now() - began) / 1000;
  const problems = await sendFiles(context, [{ folder: files, as: 'files' }]);
  return new JobResult(exitCode === 0 ? 'pass' : exitCode === null && !late ? 'error' : 'fail', {
    ...{ exitCode, seconds },
    ...(late ? { timedOut: true } : {}),
    ...(problems.length > 0 ? { problems } : {}),
  });
}

/** Whether builds of a fabfile can be done here. */
export const hasFabric = (path = process.env.PATH ?? ''): boolean =>
  path.split(delimiter).some((folder) => existsSync(join(folder, 'fab')));

const variables = ({ parameters }: BuildSpec): Record<string, string> =>
  Object.fromEntries(Object.entries(parameters).map(([name, value]) => [`PARAM_${name}`, String(value)]));
