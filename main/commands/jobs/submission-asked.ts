import { basename, resolve } from 'node:path';
import { UsageError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import { printableLine } from '../../../common/text/printable.ts';
import { type DeclaredSecrets, declaredSecrets } from '../../jobs/client/declared-secrets.ts';
import type { JobsApi } from '../../jobs/client/jobs-api.ts';
import { packScript } from '../../jobs/client/travel/pack-script.ts';
import type { PackingList } from '../../jobs/client/travel/packing-list.ts';
import { sendTree } from '../../jobs/client/travel/send-tree.ts';
import { secondsOf } from '../../jobs/duration.ts';
import { cellsOf, submissionOfCell } from '../../jobs/job-matrix.ts';
import type { Submission } from '../../jobs/protocol.ts';
import { voiceOf } from '../../report/voice.ts';
import { size } from '../../report/words.ts';
import type { CommandEnvironment, CommandOptions } from '../command.ts';
import { list } from '../script/script-machines.ts';
import { distributeAsked } from './distribute-asked.ts';
import { distributeFlags } from './distribute-flags.ts';
import { handedOnFlag } from './handed-on.ts';
import { runAsked } from './run-asked.ts';
import { wholeNumber } from './server-asked.ts';

/** Flags that go on as they are to the command which the worker runs. */
const handedOn = {
  run: ['provider', 'os', 'count', 'set', 'filter'],
  script: ['provider', 'os', 'count', 'package', 'machine', 'env', 'get', 'timeout'],
  build: [],
  distribute: distributeFlags.map(({ key }) => key),
} as const;
/** All flags that only some types have. */
const own = {
  run: [...handedOn.run, 'nodeFiles', 'with', 'secret'],
  script: [...handedOn.script, 'with', 'secret'],
  build: ['param', 'timeout', 'secret'],
  distribute: [...handedOn.distribute, 'secret'],
} as const;
type Type = keyof typeof own;

const kinds = 'run SCENARIO, script FILE, build RECIPE TASK, or distribute [FILES] [-- COMMAND]';

/**
 * Words of a command that say what is submitted: `run SCENARIO`, `script FILE …`, `build RECIPE TASK`,
 * `distribute [FILES]`.
 */
export interface Asked {
  readonly type: string;
  readonly what: string;
  readonly args: readonly string[];
}

/** As a job server takes it: one job, or all those of a matrix. */
export type AskedJobs = { readonly submission: Submission } | { readonly jobs: Submission[] };

/** What such words and their flags ask for; what travels with it is uploaded by then. Throws UsageError. */
export async function jobsAsked(
  api: JobsApi,
  asked: Asked,
  options: CommandOptions,
  environment: CommandEnvironment,
): Promise<AskedJobs> {
  const cells = cellsOf(list(options.matrix));
  const submission = await submissionAsked(api, asked, options, { ...environment, cells });
  if (options.matrix === undefined) return { submission };
  return { jobs: cells.map((cell) => submissionOfCell(cell, submission, options)) };
}

async function submissionAsked(
  api: JobsApi,
  { type, what, args }: Asked,
  options: CommandOptions,
  environment: CommandEnvironment & { readonly cells: ReturnType<typeof cellsOf> },
): Promise<Submission> {
  const { cwd, env, cells } = environment;
  if (!Object.hasOwn(own, type)) throw new UsageError(`'${type}' cannot be submitted.`, { hint: kinds });
  checkFlags(type as Type, options);
  const wanted = { ...wishes(options), type };
  if (type === 'distribute') {
    const globs = [what, ...args].filter((glob) => glob !== '');
    const { list: packed, ...asked } = await distributeAsked(globs, options, environment);
    return { ...wanted, ...asked, package: await send(api, packed, [], environment) };
  }
  if (what === '') throw new UsageError(`${type}: which?`, { hint: kinds });
  const declared = declaredSecrets(list(options.secret), { directory: cwd, env });
  if (type === 'build') return { ...wanted, ...build(what, args, options), secrets: [...declared.secrets] };
  const flags = handedOn[type as 'run' | 'script'].flatMap((flag) => handedOnFlag(flag, options[flag], env));
  const name = options.name === undefined ? nameOf(what, cwd) : String(options.name);
  if (type === 'run') {
    const { packed, args: own } = await runAsked({ what, args }, options, { cwd, cells, declared });
    const sent = await send(api, packed.list, packed.outside, environment);
    const moved = Object.keys(packed.moved.files).length > 0 ? { moved: packed.moved } : {};
    const secrets = [...packed.secrets];
    return { ...wanted, name, args: [...own, ...flags], package: sent, ...moved, secrets };
  }
  const { list: packed, args: placed } = packScript(scriptAsked(what, options, cwd, declared));
  const given = [...args, ...options.rest];
  const more = given.length > 0 ? ['--', ...given] : [];
  const sent = await send(api, packed, [], environment);
  const secrets = [...declared.secrets];
  return { ...wanted, name, args: [...placed, ...flags, ...more], package: sent, secrets };
}

function scriptAsked(what: string, options: CommandOptions, cwd: string, { files }: DeclaredSecrets) {
  const [withFolder, ...more] = list(options.with);
  if (more.length > 0) throw new UsageError('--with: a script takes one folder along.');
  return {
    ...{ file: resolve(cwd, what), secretFiles: new Set(files.values()) },
    withFolder: withFolder === undefined ? undefined : resolve(cwd, withFolder),
  };
}

/** How many of what lies outside are named. */
const shown = 5;

/** Sends what travels, and tells what that is. Gives its digest. */
async function send(
  api: JobsApi,
  packed: PackingList,
  outside: readonly string[],
  environment: CommandEnvironment,
): Promise<string> {
  const voice = voiceOf(environment);
  for (const left of packed.leftOut) voice.warn(printableLine(`stays behind: ${left}`));
  const named = `${outside.slice(0, shown).join(', ')}${outside.length > shown ? ', …' : ''}`;
  const beside = outside.length > 0 ? `, ${outside.length} from outside of the folder: ${named}` : '';
  const { length } = packed.files;
  const all = `${length} ${length === 1 ? 'file' : 'files'}, ${size(packed.size)}${beside}`;
  const { sha256, sent, sentBytes } = await sendTree(api, packed, environment);
  const fresh =
    sent === 0 ? 'nothing of it new to the server' : `${sent} new to the server, ${size(sentBytes)}`;
  voice.info(printableLine(`sent ${all}; ${fresh}`));
  return sha256;
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
  const timeout = wholeNumber(options, 'timeout', { from: 1, to: 604_800 });
  return present({
    ...{ recipe, task, parameters: Object.fromEntries(parameters), timeout },
    name: options.name === undefined ? undefined : String(options.name),
  });
}

function wishes(options: CommandOptions): Omit<Submission, 'type'> {
  const { platform, notBefore } = options;
  const after = list(options.after);
  const time = notBefore === undefined ? undefined : new Date(String(notBefore));
  if (time && Number.isNaN(time.getTime())) {
    throw new UsageError(`--not-before takes a time; found '${notBefore}'.`, {
      hint: '2026-12-01T02:00:00Z',
    });
  }
  return present({
    labels: [...list(options.label)],
    platform: platform === undefined ? undefined : String(platform),
    priority: wholeNumber(options, 'priority', { from: -1000, to: 1000 }),
    attempts: wholeNumber(options, 'attempts', { from: 1, to: 10 }),
    timeLimit: secondsOf('--time-limit', options.timeLimit),
    notBefore: time?.toISOString(),
    after: after.length === 0 ? undefined : [...after],
  });
}

function checkFlags(type: Type, options: CommandOptions): void {
  const mine: readonly string[] = own[type];
  const other = Object.values(own)
    .flat()
    .find((name) => options[name] !== undefined && !mine.includes(name));
  if (other === undefined) return;
  const flag = other.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new UsageError(`--${flag} is not for '${type}'.`);
}

/** What is named as it was told, but where that is `.` or `..`: by the folder's own name. */
const nameOf = (what: string, cwd: string): string =>
  /^[./]+$/.test(what) ? basename(resolve(cwd, what)) || what : what;
