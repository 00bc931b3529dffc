import { JobsApi } from '../../jobs/client/jobs-api.ts';
import { voiceOf } from '../../report/voice.ts';
import type { Command } from '../command.ts';
import { awaitMatrix } from './await-matrix.ts';
import { exitCodeOf, followLog } from './follow-job.ts';
import { serverAsked } from './server-asked.ts';
import { jobsAsked } from './submission-asked.ts';

export const submitCommand: Command = async ([type = '', what = '', ...args], options, environment) => {
  const { stdout, signal } = environment;
  const api = new JobsApi(serverAsked(options, environment));
  const asked = await jobsAsked(api, { type, what, args }, options, environment);
  const { id } =
    'jobs' in asked ? await api.submitMatrix(asked.jobs) : { id: await api.submit(asked.submission) };
  if (!options.wait) {
    stdout.write(`${id}\n`);
    return 0;
  }
  if ('jobs' in asked) return await awaitMatrix(api, id, environment);
  voiceOf(environment).info(`job ${id}`);
  await followLog(api, id, stdout, { follow: true, signal });
  signal.throwIfAborted();
  return exitCodeOf(await api.job(id));
};
