import { join, resolve } from 'node:path';
import { ShakedownWorker } from '../../jobs/worker/shakedown-worker.ts';
import { voiceOf } from '../../report/voice.ts';
import type { Command } from '../command.ts';
import { list } from '../script/script-machines.ts';
import { serverAsked, wholeNumber } from './server-asked.ts';

/**
 * Takes jobs until it is told to end: then it waits for those under way, or ends them when it is told again.
 */
export const workerCommand: Command = async (_args, options, environment) => {
  const { cwd, cacheDir, signal, hurry } = environment;
  const voice = voiceOf(environment);
  const { folder, name } = options;
  const worker = new ShakedownWorker({
    ...serverAsked(options, environment),
    name: name === undefined ? undefined : String(name),
    slots: wholeNumber(options, 'slots'),
    folder: folder === undefined ? join(cacheDir, 'worker') : resolve(cwd, String(folder)),
    tell: (line) => voice.info(line),
  });
  worker.labels = list(options.label);
  if (options.platform !== undefined) worker.platform = list(options.platform);
  signal.addEventListener('abort', () => void worker.stop(), { once: true });
  hurry.addEventListener('abort', () => void worker.stop({ endJobs: true }), { once: true });
  await worker.run({ once: options.once === true });
  return 0;
};
