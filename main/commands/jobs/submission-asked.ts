import { join, resolve } from 'node:path';
import { UsageError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import { declaredSecrets, secretFiles } from '../../jobs/client/declared-secrets.ts';
import type { JobsApi } from '../../jobs/client/jobs-api.ts';
import { checkScenarioTravels, gatherScript, places } from '../../jobs/client/pack-job.ts';
import { packed } from '../../jobs/packages/package-folder.ts';
import type { Submission } from '../../jobs/protocol.ts';
import type { JobSecret } from '../../jobs/secrets/job-secret.ts';
import type { CommandEnvironment, CommandOptions } from '../command.ts';
import { list } from '../script/script-machines.ts';
import { variable } from '../script/variable.ts';
import { secondsOf } from './duration.ts';
import { wholeNumber } from './server-asked.ts';

/** The flags that go on to the command which the worker runs, or are of the type in another way. */
const own = {
  run: ['provider', 'os', 'count', 'set', 'filter', 'secret'],
  script: ['provider', 'os', 'count', 'package', 'machine', 'env', 'get', 'timeout', 'with', 'secret'],
  build: ['param', 'timeout'],
} as const;
type Type = keyof typeof own;

/** Words of a command that say what is submitted: `run SCENARIO`, `script FILE …`, `build RECIPE TASK`. */
export interface Asked {
  readonly type: string;
  readonly what: string;
  readonly args: readonly string[];
}

/**
 * What such words and their flags ask for, as a job server takes it; what travels with it is uploaded by
 * then. Throws UsageError.
 */
export async function submissionAsked(
  api: JobsApi,
  { type, what, args }: Asked,
  options: CommandOptions,
  { cwd, env }: CommandEnvironment,
): Promise<Submission> {
  if (!Object.hasOwn(own, type)) {
    throw new UsageError(`'${type}' cannot be submitted.`, {
      hint: 'run SCENARIO, script FILE, or build RECIPE TASK',
    });
  }
  if (what === '')
    throw new UsageError(`${type}: which?`, { hint: 'run SCENARIO, script FILE, build RECIPE TASK' });
  checkFlags(type as Type, options);
  const asked = { ...wishes(options), type };
  if (type === 'build') return { ...asked, ...build(what, args, options) };
  const path = resolve(cwd, what);
  const flags = flagsFor(type as 'run' | 'script', options, env);
  const name = options.name === undefined ? what : String(options.name);
  const declared = declaredSecrets(list(options.secret), { directory: cwd, env });
  /** `files` below the folder hold secrets, and do not travel in the package. */
  const upload = (
    folder: string,
    given: readonly string[],
    { secrets, files }: { secrets: readonly JobSecret[]; files: readonly string[] },
  ): Promise<Submission> => {
    const use = async (file: string, sha256: string) => {
      await api.upload(sha256, file);
      return { ...asked, name, args: given, package: sha256, secrets: [...secrets] };
    };
    return packed(folder, use, files);
  };
  const filesIn = (root: string) => secretFiles(list(options.secret), { directory: cwd, root });
  if (type === 'run') {
    if (args.length > 0) throw new UsageError(`A run takes no arguments; found '${args.join(' ')}'.`);
    const secrets = await checkScenarioTravels(path, declared);
    const files = [...filesIn(path), ...secrets.flatMap(({ file }) => file ?? [])];
    return await upload(path, ['.', ...flags], { secrets, files });
  }
  const withFolder = options.with === undefined ? undefined : resolve(cwd, String(options.with));
  const given = [...args, ...options.rest];
  const more = given.length > 0 ? ['--', ...given] : [];
  const files =
    withFolder === undefined ? [] : filesIn(withFolder).map((file) => join(places.withFolder, file));
  return await gatherScript({ file: path, withFolder }, (folder, placed) =>
    upload(folder, [...placed, ...flags, ...more], { secrets: declared, files }),
  );
}

function build(recipe: string, [task, ...more]: readonly string[], options: CommandOptions) {
  if (task === undefined) throw new UsageError('build: which task?', { hint: 'shakedown recipes list' });
  if (more.length > 0) {
    const hint = '--param NAME=VALUE';
    throw new UsageError(`A build takes no arguments; found '${more.join(' ')}'.`, { hint });
  }
  const parameters = list(options.param).map((written) => {
    const equals = written.indexOf('=');
    if (equals > 0) return [written.slice(0, equals), written.slice(equals + 1)];
    throw new UsageError(`--param ${written}: a name and a value are needed.`, {
      hint: '--param NAME=VALUE',
    });
  });
  const timeout = wholeNumber(options, 'timeout');
  return present({
    ...{ recipe, task, parameters: Object.fromEntries(parameters), timeout },
    name: options.name === undefined ? undefined : String(options.name),
  });
}

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
    timeLimit: secondsOf('--time-limit', options.timeLimit),
    notBefore: time?.toISOString(),
  });
}

function checkFlags(type: Type, options: CommandOptions): void {
  const mine: readonly string[] = own[type];
  const other = Object.values(own)
    .flat()
    .find((name) => options[name] !== undefined && !mine.includes(name));
  if (other !== undefined) throw new UsageError(`--${other} is not for '${type}'.`);
}

const flagsFor = (
  type: 'run' | 'script',
  options: CommandOptions,
  env: NodeJS.ProcessEnv,
): readonly string[] =>
  own[type]
    .filter((name) => name !== 'with' && name !== 'secret')
    .flatMap((name) =>
      list(options[name]).flatMap((value) => [
        `--${name}`,
        name === 'env' ? variable(value, env).join('=') : value,
      ]),
    );
