import { JobsApi } from '../../jobs/client/jobs-api.ts';
import { voiceOf } from '../../report/voice.ts';
import type { Command } from '../command.ts';
import { list } from '../script/script-machines.ts';
import { awaitMatrix } from './await-matrix.ts';
import { exitCodeOf, followLog } from './follow-job.ts';
import { cellsOf, submissionOfCell } from './job-matrix.ts';
import { serverAsked } from './server-asked.ts';
import { submissionAsked } from './submission-asked.ts';

export const submitCommand: Command = async ([type = '', what = '', ...args], options, environment) => {
  const { stdout, signal } = environment;
  const api = new JobsApi(serverAsked(options, environment));
  const isMatrix = options.matrix !== undefined;
  const cells = cellsOf(list(options.matrix));
  const after = list(options.after);
  const submission = {
    ...(await submissionAsked(api, { type, what, args }, options, environment)),
    ...(after.length === 0 ? {} : { after: [...after] }),
  };
  const { id } = isMatrix
    ? await api.submitMatrix(cells.map((cell) => submissionOfCell(cell, submission, options)))
    : { id: await api.submit(submission) };
  if (!options.wait) {
    stdout.write(`${id}\n`);
    return 0;
  }
  if (isMatrix) return await awaitMatrix(api, id, environment);
  voiceOf(environment).info(`job ${id}`);
  await followLog(api, id, stdout, { follow: true, signal });
  signal.throwIfAborted();
  return exitCodeOf(await api.job(id));
};
