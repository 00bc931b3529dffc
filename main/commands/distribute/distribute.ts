import { resolve } from 'node:path';
import { UsageError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import { startLocalAgent } from '../../agent/local-agent.ts';
import { type DistributeWords, planDistribution } from '../../distribute/config/plan-distribution.ts';
import { readDistributeConfig } from '../../distribute/config/read-distribute-config.ts';
import { distribute } from '../../distribute/distribute.ts';
import { chooseDistributeFace } from '../../distribute/face/choose-face.ts';
import { printSummary } from '../../distribute/face/summary.ts';
import { chooseProvider } from '../../providers/choose.ts';
import type { Command, CommandEnvironment, CommandOptions } from '../command.ts';
import { list } from '../script/script-machines.ts';
import { variable } from '../script/variable.ts';
import { worldOf } from '../world-of.ts';

export const distributeCommand: Command = async (args, options, environment) => {
  const { cwd, env, stdout, signal, cacheDir } = environment;
  const json = options.json === true;
  const config = await readDistributeConfig(cwd);
  const words = wordsOf(args, options, environment);
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

function wordsOf(
  files: readonly string[],
  options: CommandOptions,
  { cwd, env }: CommandEnvironment,
): DistributeWords {
  const text = (name: string) => (options[name] === undefined ? undefined : String(options[name]));
  const key = text('key');
  return {
    files,
    command: options.rest.length > 0 ? options.rest : undefined,
    ...present({
      ...{ nodes: text('nodes'), count: text('count'), provider: text('provider'), os: text('os') },
      user: text('user'),
      key: key === undefined ? undefined : resolve(cwd, key),
      runners: number('--runners', text('runners'), /^[1-9]\d*$/),
      localRunners: number('--local-runners', text('localRunners'), /^\d+$/),
      shard: text('shard'),
      seed: number('--seed', text('seed'), /^\d+$/),
      timeout: number('--timeout', text('timeout'), /^\d*\.?\d+$/),
    }),
    include: list(options.include),
    ignore: list(options.ignore),
    env: Object.fromEntries(list(options.env).map((each) => variable(each, env))),
    onlyFailed: options.onlyFailed === true,
    failFast: options.failFast === true,
    rebuild: options.rebuild === true,
  };
}

/** Throws UsageError. */
function number(flag: string, value: string | undefined, shape: RegExp): number | undefined {
  if (value === undefined || shape.test(value)) return value === undefined ? undefined : Number(value);
  throw new UsageError(`${flag} takes a number; found '${value}'.`);
}
