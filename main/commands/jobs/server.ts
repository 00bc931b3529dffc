import { once as aborted } from 'node:events';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { present } from '../../../common/present.ts';
import { tellReady } from '../../jobs/daemons/ready-file.ts';
import { binariesFor, insteadOfTrial } from '../../jobs/databases/open-database.ts';
import type { KeptJobs } from '../../jobs/server/retention.ts';
import { startServer } from '../../jobs/server/start-server.ts';
import { voiceOf } from '../../report/voice.ts';
import type { Command, CommandEnvironment, CommandOptions } from '../command.ts';
import { checkAction } from './check-action.ts';
import { daemonActions, daemonCommand, daemonName, flagsAgain, shortHash } from './daemon-command.ts';
import { wholeNumber } from './server-asked.ts';
import { usersCommand } from './users.ts';

/** Runs until it is told to end; or, `server user …`, asks one that runs. */
export const serverCommand: Command = async (args, options, environment) => {
  const [what] = args;
  if (what === 'user') return usersCommand(args.slice(1), options, environment);
  if (what !== undefined) checkAction('server', args, { ...daemonActions, user: 0 });
  const { cwd, env, stdout, signal } = environment;
  const folder = options.data === undefined ? dataFolder(env) : resolve(cwd, String(options.data));
  const voice = voiceOf(environment);
  const database = {
    ...(options.pglite ? { binaries: false as const } : {}),
    install: options.install !== false,
    ...{ folder, signal },
    tell: (line: string) => voice.info(line),
  };
  if (what !== undefined) {
    // Here, where one sees it, and without the limit that a start has.
    if (what === 'start') await binariesFor({ ...database, url: env.DATABASE_URL });
    const more = options.install === false ? ['--no-install'] : [];
    const asked = {
      name: daemonName('server', folder === dataFolder(env) ? undefined : shortHash(folder)),
      what: 'job server',
      args: () => ['server', ...flagsAgain({ ...options, data: folder, install: undefined }), ...more],
      env: () => ({}),
    };
    return daemonCommand(what, asked, environment);
  }
  const port = wholeNumber(options, 'port', { from: 0, to: 65_535 }) ?? 7411;
  await using server = await startServer({
    ...database,
    databaseUrl: env.DATABASE_URL,
    host: options.host === undefined ? '127.0.0.1' : String(options.host),
    port,
    open: options.open === true,
    kept: kept(options),
  });
  stdout.write(`${server.url}\n`);
  const { firstToken, about } = server;
  const once = firstToken === undefined ? [] : [`the first token, an admin's, told this once: ${firstToken}`];
  const isUnwished = about.startsWith('trial') && !options.pglite;
  const told = isUnwished ? [`${about}; ${insteadOfTrial}`] : [about];
  // A log is no place for a token.
  const isTold = tellReady(env, [server.url, ...once, ...told]);
  for (const line of isTold ? told : [...once, ...told]) voice.info(line);
  if (!signal.aborted) await aborted(signal, 'abort');
  voice.info('ends');
  return 0;
};

function kept(options: CommandOptions): KeptJobs {
  const [days, count, gib] = ['keepDays', 'keepJobs', 'keepGib'].map((name) =>
    wholeNumber(options, name, { from: 0 }),
  );
  return present({ days, count, bytes: gib === undefined ? undefined : gib * 2 ** 30 });
}

function dataFolder(env: CommandEnvironment['env']): string {
  if (process.getuid?.() === 0) return '/var/lib/shakedown/server';
  return join(env.XDG_DATA_HOME || join(homedir(), '.local/share'), 'shakedown');
}
