import { resolve } from 'node:path';
import { UsageError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import type { DistributeWords } from '../../distribute/config/distribute-words.ts';
import { readSentProject } from '../../distribute/project/sent-project.ts';
import type { CommandEnvironment, CommandOptions } from '../command.ts';
import { list } from '../script/script-machines.ts';
import { variable } from '../script/variable.ts';

/** What the arguments and flags of `shakedown distribute` say. Throws UsageError. */
export function distributeWords(
  files: readonly string[],
  options: CommandOptions,
  { cwd, env }: Pick<CommandEnvironment, 'cwd' | 'env'>,
): DistributeWords {
  const text = (name: string) => (options[name] === undefined ? undefined : String(options[name]));
  const [key, sent] = [text('key'), text('sent')];
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
      retries: number('--retries', text('retries'), /^\d{1,2}$/),
      retryBudget: text('retryBudget'),
      memory: text('memory'),
      newRepeat: number('--new-repeat', text('newRepeat'), /^[1-9]\d{0,2}$/),
      timeout: number('--timeout', text('timeout'), /^\d*\.?\d+$/),
    }),
    include: list(options.include),
    ignore: list(options.ignore),
    env: Object.fromEntries(list(options.env).map((each) => variable(each, env))),
    onlyFailed: options.onlyFailed === true,
    failFast: options.failFast === true,
    ...(options.cold === true && { cold: true }),
    rebuild: options.rebuild === true,
    ...(options.copies === false && { copies: false }),
    ...(options.split === false && { split: false }),
    ...(sent === undefined ? {} : { sent: readSentProject(sent) }),
  };
}

/** Throws UsageError. */
function number(flag: string, value: string | undefined, shape: RegExp): number | undefined {
  if (value === undefined || shape.test(value)) return value === undefined ? undefined : Number(value);
  throw new UsageError(`${flag} takes a number; found '${value}'.`);
}
