import { ShakedownError } from '../../../common/errors.ts';
import type { Command, ExecOptions } from '../remote.ts';
import { marker, plainLine } from './plain-line.ts';

/** A word as a POSIX shell reads it back unchanged. */
export const shellQuote = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/** The command as one would type it. */
export const commandText = (command: Command): string =>
  typeof command === 'string' ? command : command.map(quoteWord).join(' ');

/** The first word names a program, even where it looks like the shell's `name=value`. */
const quoteWord = (word: string, index: number): string =>
  index === 0 && word.includes('=') ? `'${word.replaceAll("'", `'\\''`)}'` : shellQuote(word);

/**
 * The words before a command that make root run it: sudo(8), or doas(1) where there is no sudo.
 * No login shell reads anything in them.
 */
export const asRoot = `sh -c 'for by in sudo doas; do command -v $by >/dev/null && exec $by -n -- "$@"; done; exec sudo -n -- "$@"' sh`;

/**
 * What is sent over the channel; the user's login shell may be any, so all else is left to sh.
 * `quiet`: it does not say its beginning (`beginning`). Throws ShakedownError for what no shell can
 * take: a NUL, or a variable's name that is none.
 */
export function shellLine(
  command: Command,
  options: Pick<ExecOptions, 'cwd' | 'env' | 'root'> & { user: string; id: string; quiet?: boolean },
): string {
  const { cwd, env = {}, root, user, id, quiet = false } = options;
  const wrong = Object.keys(env).find((name) => !/^[A-Za-z_]\w*$/.test(name));
  if (wrong !== undefined)
    throw new ShakedownError({ message: `'${wrong}' is no name of an environment variable` });
  const exports = Object.entries(env).map(([name, value]) => `export ${name}=${shellQuote(value)}; `);
  const folder = cwd === undefined ? '' : `cd ${shellQuote(cwd)} || exit 1; `;
  const mark = `env ${marker}=${id} `;
  // Neither hands on the environment, so the mark stands on both sides of it.
  const start = root && user !== 'root' ? `${mark}${asRoot} ${mark}` : mark;
  const script = `${exports.join('')}${folder}${commandText(command)}`;
  if (script.includes('\0'))
    throw new ShakedownError({ message: 'a command holds a NUL character', command: commandText(command) });
  // `exec`, so that a signal which ends the command is told as one, whatever the login shell.
  return `exec ${start}${plainLine(script, !quiet)}`;
}
