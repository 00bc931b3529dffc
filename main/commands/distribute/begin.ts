import { LocalAgentProcess } from '../../agent/local/local-agent-process.ts';
import type { Command } from '../command.ts';

/**
 * `shakedown distribute`. Where this host is to have runners, their agent starts first: it takes as long as
 * all else that is loaded here, and both together no longer.
 */
export const distributeCommand: Command = async (args, options, environment) => {
  const { cacheDir, env } = environment;
  const wanted = /^[1-9]\d*$/.test(String(options.localRunners));
  // Why it cannot be started is told by who starts it when it is needed.
  using early = wanted ? await LocalAgentProcess.start(cacheDir, env).catch(() => undefined) : undefined;
  const { runDistribution } = await import('./distribute.ts');
  return await runDistribution(args, options, { ...environment, early });
};
