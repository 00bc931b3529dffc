import { JobsApi } from '../../jobs/client/jobs-api.ts';
import { voiceOf } from '../../report/voice.ts';
import type { Command } from '../command.ts';
import { awaitJob } from './await-job.ts';
import { awaitMatrix } from './await-matrix.ts';
import { patientApi } from './patient-api.ts';
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
  try {
    return await ('jobs' in asked ? awaitMatrix : awaitJob)(
      patientApi(options, environment),
      id,
      environment,
    );
  } catch (error) {
    if (signal.aborted)
      voiceOf(environment).info(`${id} goes on; 'shakedown jobs cancel ${id}' would end it`);
    throw error;
  }
};
