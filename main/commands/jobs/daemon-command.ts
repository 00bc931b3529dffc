import { createHash } from 'node:crypto';
import { UsageError } from '../../../common/errors.ts';
import { exitCodes } from '../../../common/exit-codes.ts';
import { Daemons, daemonsFolder, keeperFor } from '../../jobs/daemons/daemons.ts';
import { readyVariable } from '../../jobs/daemons/ready-file.ts';
import { ownCommand } from '../../jobs/worker/job-process.ts';
import { voiceOf } from '../../report/voice.ts';
import type { CommandEnvironment } from '../command.ts';

export interface DaemonAsked {
  readonly name: string;
  readonly what: string;
  /** The words of this program that do the same in the foreground; paths are absolute. */
  readonly args: () => readonly string[];
  /** Besides what it inherits. */
  readonly env: () => Readonly<Record<string, string>>;
}

/** None is followed by a word. */
export const daemonActions = { start: 0, stop: 0, status: 0 };

/** What a daemon has of our environment; systemd would give it none of that. */
const inherited = /^(PATH|HOME|USER|LANG|LC_\w+|TMPDIR|DATABASE_URL|PG\w+|XDG_\w+_HOME|SHAKEDOWN_\w+)$/;

/**
 * `start`, `stop` or `status` of a server or worker. Gives the exit code; `status`: 3 when it does not run.
 */
export async function daemonCommand(
  action: string,
  { name, what, args, env }: DaemonAsked,
  environment: CommandEnvironment,
): Promise<number> {
  const { stdout, signal } = environment;
  const folder = daemonsFolder(environment.env);
  const daemons = new Daemons(keeperFor(environment.env, folder), folder);
  const voice = voiceOf(environment);
  if (action === 'start') {
    const ours = Object.entries(environment.env).filter(([key]) => inherited.test(key)) as [string, string][];
    const given = { ...Object.fromEntries(ours), ...env(), [readyVariable]: daemons.readyFile(name) };
    const command = ownCommand(args());
    const wishes = { name, what, command, env: given };
    const { lines, about } = await daemons.start(wishes, signal, (line) => voice.info(line));
    const [first, ...more] = lines;
    stdout.write(`${first}\n`);
    for (const line of more) voice.info(line);
    voice.info(`${name} runs; ${about}`);
    return 0;
  }
  if (action === 'stop') {
    voice.info(`${name} is asked to end; this waits for what it does`);
    if (!(await daemons.stop(name, signal))) voice.info(`${name} did not run`);
    return 0;
  }
  const { isRunning, pid, ready, about } = await daemons.status(name);
  const state = isRunning ? `runs (process ${pid ?? 'none yet'})` : 'does not run';
  stdout.write(`${name} ${state}${ready === undefined ? '' : `: ${ready}`}; ${about}\n`);
  return isRunning ? 0 : exitCodes.error;
}

/** A name for a unit and a folder. Throws UsageError. */
export function daemonName(kind: string, more: string | undefined): string {
  if (more === undefined) return `shakedown-${kind}`;
  if (!/^[A-Za-z0-9][\w.-]{0,60}$/.test(more)) {
    throw new UsageError(`A daemon cannot be called '${more}'.`, { hint: 'letters, digits and . _ -' });
  }
  return `shakedown-${kind}-${more}`;
}

/** A few letters for a path. */
export const shortHash = (path: string): string =>
  createHash('sha256').update(path).digest('hex').slice(0, 6);

/** The flags of a command as one would type them again; those that say whom it asks go by the environment. */
export function flagsAgain(options: Readonly<Record<string, unknown>>): readonly string[] {
  const left = ['rest', '--', 'server', 'token'];
  return Object.entries(options)
    .filter(([name, value]) => !left.includes(name) && value !== undefined && value !== false)
    .flatMap(([name, value]) => {
      const flag = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
      if (value === true) return [flag];
      return [value].flat().flatMap((each) => [flag, String(each)]);
    });
}
