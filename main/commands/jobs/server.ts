import { once } from 'node:events';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { UsageError } from '../../../common/errors.ts';
import { startServer } from '../../jobs/server/start-server.ts';
import { voiceOf } from '../../report/voice.ts';
import type { Command, CommandEnvironment } from '../command.ts';
import { wholeNumber } from './server-asked.ts';
import { usersCommand } from './users.ts';

/** Runs until it is told to end; or, `server user …`, asks one that runs. */
export const serverCommand: Command = async ([what, ...args], options, environment) => {
  if (what === 'user') return usersCommand(args, options, environment);
  if (what !== undefined) {
    throw new UsageError(`server ${what}: there is no such action.`, { hint: 'server, or server user …' });
  }
  const { cwd, env, stdout, signal } = environment;
  const voice = voiceOf(environment);
  const port = wholeNumber(options, 'port') ?? 7411;
  if (port < 0 || port > 65_535) throw new UsageError(`--port ${port}: there is no such port.`);
  await using server = await startServer({
    folder: options.data === undefined ? dataFolder(env) : resolve(cwd, String(options.data)),
    databaseUrl: env.DATABASE_URL,
    ...(options.pglite ? { binaries: false } : {}),
    host: options.host === undefined ? '127.0.0.1' : String(options.host),
    port,
    open: options.open === true,
    tell: (line) => voice.info(line),
  });
  stdout.write(`${server.url}\n`);
  if (server.firstToken !== undefined) {
    voice.info(`the first token, an admin's, told this once: ${server.firstToken}`);
  }
  voice.info(server.about);
  if (!signal.aborted) await once(signal, 'abort');
  voice.info('ends');
  return 0;
};

function dataFolder(env: CommandEnvironment['env']): string {
  if (process.getuid?.() === 0) return '/var/lib/shakedown/server';
  return join(env.XDG_DATA_HOME || join(homedir(), '.local/share'), 'shakedown');
}
