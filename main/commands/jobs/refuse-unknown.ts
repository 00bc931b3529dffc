import { UsageError } from '../../../common/errors.ts';
import { closest } from '../../../common/text/closest.ts';
import type { JobsApi } from '../../jobs/client/jobs-api.ts';
import { WorkersApi } from '../../jobs/client/workers-api.ts';
import type { CommandEnvironment, CommandOptions } from '../command.ts';
import { serverAsked } from './server-asked.ts';

/** What `shakedown submit` makes, whether or not there was one yet. */
const ownTypes = ['run', 'script', 'distribute', 'build'];

/**
 * For a list of jobs that came out empty: throws UsageError where no job is, nor could be, of the type or
 * matrix that was asked for. A type is also what any worker offers.
 */
export async function refuseUnknown(
  api: JobsApi,
  options: CommandOptions,
  environment: CommandEnvironment,
): Promise<void> {
  const { type, matrix } = options;
  if (matrix !== undefined && (await api.jobs({ matrix: String(matrix), limit: '1' })).length === 0)
    throw new UsageError(`There is no matrix '${matrix}', or its jobs are deleted.`, {
      hint: "'shakedown jobs show JOB' tells the matrix that a job is in",
    });
  if (type === undefined || (await api.jobs({ type: String(type), limit: '1' })).length > 0) return;
  const workers = await new WorkersApi(serverAsked(options, environment)).list();
  const offered = workers.flatMap(({ capabilities: { jobtypes } }) =>
    Array.isArray(jobtypes) ? jobtypes : [],
  );
  const types = [...new Set([...ownTypes, ...offered.map(String)])];
  if (types.includes(String(type))) return;
  const near = closest(String(type), types);
  const instead = near === undefined ? `There are ${types.join(', ')}.` : `Did you mean '${near}'?`;
  throw new UsageError(`There is no job of the type '${type}'. ${instead}`);
}
