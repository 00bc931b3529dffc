import { startLocalAgent } from '../../agent/local-agent.ts';
import { planDistribution } from '../../distribute/config/plan-distribution.ts';
import { readDistributeConfig } from '../../distribute/config/read-distribute-config.ts';
import { distribute } from '../../distribute/distribute.ts';
import { chooseDistributeFace } from '../../distribute/face/choose-face.ts';
import { printSummary } from '../../distribute/face/summary.ts';
import { chooseProvider } from '../../providers/choose.ts';
import type { Command } from '../command.ts';
import { worldOf } from '../world-of.ts';
import { distributeWords } from './distribute-words.ts';

export const distributeCommand: Command = async (args, options, environment) => {
  const { cwd, env, stdout, signal, cacheDir } = environment;
  const json = options.json === true;
  const config = await readDistributeConfig(cwd);
  const words = distributeWords(args, options, environment);
  const choose = () => chooseProvider({ signal, cacheDir });
  const distribution = await planDistribution(cwd, config, words, choose);
  const face = chooseDistributeFace({ stdout, env, signal, quiet: json || options.quiet === true });
  try {
    const world = { ...worldOf(environment, face), startLocal: startLocalAgent, telling: face };
    const result = await distribute(distribution, world);
    face.close();
    if (json) stdout.write(`${JSON.stringify(result, undefined, 2)}\n`);
    else printSummary(result, { cwd, stdout, env });
    return result.exitCode;
  } finally {
    face.close();
  }
};
