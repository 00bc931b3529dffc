import { resolve } from 'node:path';
import { UsageError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import { JobsApi } from '../../jobs/client/jobs-api.ts';
import { checkScenarioTravels, gatherScript } from '../../jobs/client/pack-job.ts';
import { packed } from '../../jobs/packages/package-folder.ts';
import type { Submission } from '../../jobs/protocol.ts';
import { voiceOf } from '../../report/voice.ts';
import type { Command, CommandOptions } from '../command.ts';
import { list } from '../script/script-machines.ts';
import { variable } from '../script/variable.ts';
import { exitCodeOf, followLog } from './follow-job.ts';
import { serverAsked, wholeNumber } from './server-asked.ts';

/** The flags that go on to the command which the worker runs. */
const passedOn = {
  run: ['provider', 'os', 'count', 'set', 'filter'],
  script: ['provider', 'os', 'count', 'package', 'machine', 'matrix', 'env', 'get', 'timeout'],
} as const;

export const submitCommand: Command = async ([type = '', what = '', ...args], options, environment) => {
  const { cwd, env, stdout, signal } = environment;
  if (type !== 'run' && type !== 'script') {
    throw new UsageError(`'${type}' cannot be submitted.`, {
      hint: 'submit run SCENARIO, or submit script FILE',
    });
  }
  const api = new JobsApi(serverAsked(options, environment));
  const path = resolve(cwd, what);
  const flags = flagsFor(type, options, env);
  const send = (folder: string, given: readonly string[]): Promise<string> =>
    packed(folder, async (file, sha256) => {
      await api.upload(sha256, file);
      return await api.submit({
        ...wishes(options),
        type,
        name: nameOf(options, what),
        args: given,
        package: sha256,
      });
    });
  let id: string;
  if (type === 'script') {
    const withFolder = options.with === undefined ? undefined : resolve(cwd, String(options.with));
    const own = [...args, ...options.rest];
    const more = own.length > 0 ? ['--', ...own] : [];
    id = await gatherScript({ file: path, withFolder }, (folder, given) =>
      send(folder, [...given, ...flags, ...more]),
    );
  } else {
    if (args.length > 0) throw new UsageError(`A run takes no arguments; found '${args.join(' ')}'.`);
    await checkScenarioTravels(path);
    id = await send(path, ['.', ...flags]);
  }
  if (!options.wait) {
    stdout.write(`${id}\n`);
    return 0;
  }
  voiceOf(environment).info(`job ${id}`);
  await followLog(api, id, stdout, { follow: true, signal });
  signal.throwIfAborted();
  return exitCodeOf(await api.job(id));
};

const nameOf = (options: CommandOptions, what: string): string =>
  options.name === undefined ? what : String(options.name);

function wishes(options: CommandOptions): Omit<Submission, 'type'> {
  const { platform, notBefore } = options;
  const time = notBefore === undefined ? undefined : new Date(String(notBefore));
  if (time && Number.isNaN(time.getTime())) {
    throw new UsageError(`--not-before takes a time; found '${notBefore}'.`, {
      hint: '2026-12-01T02:00:00Z',
    });
  }
  return present({
    labels: [...list(options.label)],
    platform: platform === undefined ? undefined : String(platform),
    priority: wholeNumber(options, 'priority'),
    attempts: wholeNumber(options, 'attempts'),
    notBefore: time?.toISOString(),
  });
}

function flagsFor(
  type: keyof typeof passedOn,
  options: CommandOptions,
  env: NodeJS.ProcessEnv,
): readonly string[] {
  const own: readonly string[] = passedOn[type];
  const other = [...passedOn.run, ...passedOn.script, 'with'].find(
    (name) => options[name] !== undefined && !own.includes(name) && !(name === 'with' && type === 'script'),
  );
  if (other !== undefined) throw new UsageError(`--${other} is not for 'submit ${type}'.`);
  return own.flatMap((name) =>
    list(options[name]).flatMap((value) => [
      `--${name}`,
      name === 'env' ? variable(value, env).join('=') : value,
    ]),
  );
}
