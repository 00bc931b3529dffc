import { JobsApi } from '../../jobs/client/jobs-api.ts';
import { voiceOf } from '../../report/voice.ts';
import type { Command } from '../command.ts';
import { exitCodeOf, followLog } from './follow-job.ts';
import { serverAsked } from './server-asked.ts';
import { submissionAsked } from './submission-asked.ts';

export const submitCommand: Command = async ([type = '', what = '', ...args], options, environment) => {
  const { stdout, signal } = environment;
  const api = new JobsApi(serverAsked(options, environment));
  const id = await api.submit(await submissionAsked(api, { type, what, args }, options, environment));
  if (!options.wait) {
    stdout.write(`${id}\n`);
    return 0;
  }
  voiceOf(environment).info(`job ${id}`);
  await followLog(api, id, stdout, { follow: true, signal });
  signal.throwIfAborted();
  return exitCodeOf(await api.job(id));
};
