import { UsageError } from '../../../common/errors.ts';
import { printable } from '../../../common/text/printable.ts';
import { startLocalAgent } from '../../agent/local/local-agent.ts';
import type { LocalAgentProcess } from '../../agent/local/local-agent-process.ts';
import { planDistribution } from '../../distribute/config/plan-distribution.ts';
import { readDistributeConfig } from '../../distribute/config/read-distribute-config.ts';
import { distribute } from '../../distribute/distribute.ts';
import { chooseDistributeFace } from '../../distribute/face/choose-face.ts';
import { printSummary } from '../../distribute/face/summary.ts';
import type { DistributeWorld } from '../../distribute/in-own-run.ts';
import { type FailedTest, findFailedTest } from '../../distribute/replay/find-test.ts';
import {
  findRunner,
  orderOf,
  type RecordedOrder,
  readPastRun,
  runnersOf,
} from '../../distribute/replay/past-run.ts';
import { chooseProvider } from '../../providers/choose.ts';
import { realMachines } from '../../run/world/real-machines.ts';
import { callerOf } from '../caller-of.ts';
import type { CommandEnvironment, CommandOptions } from '../command.ts';
import { distributeWords } from './distribute-words.ts';

/** `early`: the agent of this host's own runners, which has been started. */
interface Environment extends CommandEnvironment {
  readonly early: LocalAgentProcess | undefined;
}

/** As a `Command`. */
export async function runDistribution(
  args: readonly string[],
  options: CommandOptions,
  environment: Environment,
): Promise<number> {
  const { cwd, env, stdout, signal, cacheDir } = environment;
  const json = options.json === true;
  const config = await readDistributeConfig(cwd);
  const again = await readAgain(cwd, args, options);
  const words = distributeWords(again ? [] : args, options, environment);
  const choose = () => chooseProvider({ signal, cacheDir });
  const distribution = await planDistribution(
    cwd,
    config,
    again ? { ...words, order: again.order } : words,
    choose,
  );
  const face = await chooseDistributeFace({ stdout, env, signal, quiet: json || options.quiet === true });
  try {
    const world = {
      ...callerOf(environment, face),
      ...realMachines(),
      ...{ clock: Date.now, startLocal: startingWith(environment.early), telling: face },
    };
    const { test } = again ?? {};
    const result = await (test
      ? (await import('../../distribute/replay/bisect.ts')).bisect(distribution, test, world)
      : distribute(distribution, world));
    face.close();
    if (json) stdout.write(`${JSON.stringify(result, undefined, 2)}\n`);
    else if ('outcome' in result) stdout.write(`\n${printable(result.message)}\n`);
    else printSummary(result, { cwd, stdout, env });
    return result.exitCode;
  } finally {
    face.close();
  }
}

/** Starts agents on this host; the first of them is `early`. */
function startingWith(early: LocalAgentProcess | undefined): DistributeWorld['startLocal'] {
  const waiting = [early];
  return (options) => startLocalAgent(options, waiting.pop());
}

/** What of an earlier run is to be run again, and the test that is looked into. */
interface Again {
  readonly order: RecordedOrder;
  readonly test?: FailedTest;
}

/** Undefined where nothing is to be run again. Throws UsageError. */
async function readAgain(
  cwd: string,
  args: readonly string[],
  { replay, bisect: bisected, runner }: CommandOptions,
): Promise<Again | undefined> {
  if (replay === undefined && bisected === undefined) {
    if (runner === undefined) return undefined;
    throw new UsageError('--runner goes with --replay.', { hint: 'for a number on each node: --runners 4' });
  }
  if (replay !== undefined && bisected !== undefined)
    throw new UsageError('--replay and --bisect cannot go together.');
  if (bisected !== undefined) {
    const [named, ...others] = args;
    if (named === undefined || others.length > 0) {
      throw new UsageError('--bisect takes a run and one test.', {
        hint: 'shakedown distribute --bisect latest spec/a_spec.rb',
      });
    }
    const test = findFailedTest(await readPastRun(cwd, String(bisected)), named);
    return { order: test.order, test };
  }
  if (args.length > 0) throw new UsageError('--replay runs what a runner ran, and no other files.');
  const past = await readPastRun(cwd, String(replay));
  const all = runnersOf(past);
  if (runner === undefined && all.length > 0) {
    throw new UsageError('Which runner is to run again?', {
      hint: `--runner 0, by its number, or by its id: ${all.join(', ')}`,
    });
  }
  return { order: orderOf(past, findRunner(past, String(runner ?? ''))) };
}
