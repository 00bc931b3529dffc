import type { Command, ExecOptions } from './remote.ts';

/** A word as a POSIX shell reads it back unchanged. */
export const shellQuote = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/** The command as one would type it. */
export const commandText = (command: Command): string =>
  typeof command === 'string' ? command : command.map(shellQuote).join(' ');

/** The environment variable by which the processes of one `exec` are found again, whoever they run as. */
export const marker = 'SHAKEDOWN_EXEC';

/** What is sent over the channel; the user's login shell may be any, so all else is left to sh. */
export function shellLine(
  command: Command,
  options: Pick<ExecOptions, 'cwd' | 'env' | 'root'> & { user: string; id: string },
): string {
  const { cwd, env = {}, root, user, id } = options;
  const exports = Object.entries(env).map(([name, value]) => `export ${name}=${shellQuote(value)}; `);
  const folder = cwd === undefined ? '' : `cd ${shellQuote(cwd)} || exit 1; `;
  const sudo = root && user !== 'root' ? 'sudo -n -- ' : '';
  const script = `${exports.join('')}${folder}${commandText(command)}`;
  return `${sudo}env ${marker}=${id} sh -c ${shellQuote(script)}`;
}

/** Ends all processes of one `exec`: asked to, and a second later made to. */
export function killLine(id: string, sudo: boolean): string {
  const find = `$(grep -slzx ${marker}=${id} /proc/[0-9]*/environ | cut -d/ -f3)`;
  const script = `p="${find}"; [ -z "$p" ] || kill -TERM $p; sleep 1; p="${find}"; [ -z "$p" ] || kill -KILL $p`;
  return `${sudo ? 'sudo -n -- ' : ''}sh -c ${shellQuote(script)}`;
}
