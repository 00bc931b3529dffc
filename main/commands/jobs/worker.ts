import { join, resolve } from 'node:path';
import { tellReady } from '../../jobs/daemons/ready-file.ts';
import { ShakedownWorker } from '../../jobs/worker/shakedown-worker.ts';
import { voiceOf } from '../../report/voice.ts';
import type { Command } from '../command.ts';
import { list } from '../script/script-machines.ts';
import { checkAction } from './check-action.ts';
import { daemonActions, daemonCommand, daemonName, flagsAgain } from './daemon-command.ts';
import { serverAsked, wholeNumber } from './server-asked.ts';

/**
 * Takes jobs until it is told to end: then it waits for those under way, or ends them when it is told again.
 */
export const workerCommand: Command = async (args, options, environment) => {
  const [action] = args;
  const { cwd, cacheDir, env, signal, hurry } = environment;
  const voice = voiceOf(environment);
  const name = options.name === undefined ? undefined : String(options.name);
  const own = name === undefined ? 'worker' : `worker-${name}`;
  const folder = options.folder === undefined ? join(cacheDir, own) : resolve(cwd, String(options.folder));
  if (action !== undefined) {
    checkAction('worker', args, daemonActions);
    const asked = {
      ...{ name: daemonName('worker', name), what: `worker ${name ?? ''}`.trim() },
      args: () => ['worker', ...flagsAgain({ ...options, folder })],
      env: () => {
        const { server, token } = serverAsked(options, environment);
        return { SHAKEDOWN_SERVER: server, SHAKEDOWN_TOKEN: token };
      },
    };
    return daemonCommand(action, asked, environment);
  }
  const asked = serverAsked(options, environment);
  const worker = new ShakedownWorker({
    ...asked,
    name,
    slots: wholeNumber(options, 'slots', { from: 1, to: 1000 }),
    folder,
    registered: () => void tellReady(env, [`registered at ${asked.server}`]),
    tell: (line) => voice.info(line),
  });
  worker.labels = list(options.label);
  if (options.platform !== undefined) worker.platform = list(options.platform);
  const stop = () => {
    voice.info('ends, once the jobs under way are over');
    void worker.stop();
  };
  signal.addEventListener('abort', stop, { once: true });
  hurry.addEventListener('abort', () => void worker.stop({ endJobs: true }), { once: true });
  await worker.run({ once: options.once === true });
  return 0;
};
