import { once as aborted } from 'node:events';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { UsageError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import { tellReady } from '../../jobs/daemons/ready-file.ts';
import type { KeptJobs } from '../../jobs/server/retention.ts';
import { startServer } from '../../jobs/server/start-server.ts';
import { voiceOf } from '../../report/voice.ts';
import type { Command, CommandEnvironment, CommandOptions } from '../command.ts';
import { daemonActions, daemonCommand, daemonName, flagsAgain, shortHash } from './daemon-command.ts';
import { wholeNumber } from './server-asked.ts';
import { usersCommand } from './users.ts';

/** Runs until it is told to end; or, `server user …`, asks one that runs. */
export const serverCommand: Command = async ([what, ...args], options, environment) => {
  if (what === 'user') return usersCommand(args, options, environment);
  const { cwd, env, stdout, signal } = environment;
  const folder = options.data === undefined ? dataFolder(env) : resolve(cwd, String(options.data));
  if (what !== undefined && daemonActions.includes(what)) {
    const asked = {
      name: daemonName('server', folder === dataFolder(env) ? undefined : shortHash(folder)),
      what: 'job server',
      args: () => ['server', ...flagsAgain({ ...options, data: folder })],
      env: () => ({}),
    };
    return daemonCommand(what, asked, environment);
  }
  if (what !== undefined) {
    const hint = 'server, server start | stop | status, or server user …';
    throw new UsageError(`server ${what}: there is no such action.`, { hint });
  }
  const voice = voiceOf(environment);
  const port = wholeNumber(options, 'port') ?? 7411;
  if (port < 0 || port > 65_535) throw new UsageError(`--port ${port}: there is no such port.`);
  await using server = await startServer({
    folder,
    databaseUrl: env.DATABASE_URL,
    ...(options.pglite ? { binaries: false } : {}),
    host: options.host === undefined ? '127.0.0.1' : String(options.host),
    port,
    open: options.open === true,
    kept: kept(options),
    tell: (line) => voice.info(line),
  });
  stdout.write(`${server.url}\n`);
  const { firstToken, about } = server;
  const once = firstToken === undefined ? [] : [`the first token, an admin's, told this once: ${firstToken}`];
  // A log is no place for a token.
  const isTold = tellReady(env, [server.url, ...once, about]);
  for (const line of isTold ? [about] : [...once, about]) voice.info(line);
  if (!signal.aborted) await aborted(signal, 'abort');
  voice.info('ends');
  return 0;
};

function kept(options: CommandOptions): KeptJobs {
  const [days, count, gib] = ['keepDays', 'keepJobs', 'keepGib'].map((name) => wholeNumber(options, name));
  return present({ days, count, bytes: gib === undefined ? undefined : gib * 2 ** 30 });
}

function dataFolder(env: CommandEnvironment['env']): string {
  if (process.getuid?.() === 0) return '/var/lib/shakedown/server';
  return join(env.XDG_DATA_HOME || join(homedir(), '.local/share'), 'shakedown');
}
