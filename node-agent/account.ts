import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { ShakedownError } from '../common/errors.ts';
import { shellWords } from './command-shell.ts';
import { runProcess } from './process.ts';

/** A line of passwd(5). */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
}

/**
 * Looks up a user by name or number, whatever the node's name service is. Throws ShakedownError when unknown.
 */
export async function findAccount(user: string): Promise<Account> {
  const line = inPasswd(user) ?? (await runProcess(['getent', 'passwd', user])).stdout.trim();
  const [name, , uid, gid, , home, shell] = line.split(':');
  if (!name) {
    throw new ShakedownError({
      message: `there is no user '${user}' on the node`,
      hint: 'correct the name, or let a package or a set-up step make the user first',
    });
  }
  return { name, uid: Number(uid), gid: Number(gid), home: home || '/', shell: shell || '/bin/sh' };
}

/** Most users stand there, and asking for the others takes a process. */
function inPasswd(user: string): string | undefined {
  try {
    const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
    return lines.find((line) => line.startsWith(`${user}:`) || line.split(':')[2] === user);
  } catch {
    return undefined;
  }
}

/** Whose login this is: the one who became root by sudo, or who the agent is. */
export const loginUser = (env: NodeJS.ProcessEnv = process.env): string =>
  (process.getuid?.() === 0 && env.SUDO_USER) || userInfo().username;

/** Numbers for `user` or `user:group`. Throws ShakedownError when one is unknown. */
export async function findOwner(owner: string): Promise<{ uid: number; gid: number }> {
  const [user = '', group] = owner.split(':');
  const account = await findAccount(user);
  if (!group) return account;
  const { stdout, exitCode } = await runProcess(['getent', 'group', group]);
  if (exitCode !== 0) {
    throw new ShakedownError({
      message: `there is no group '${group}' on the node`,
      hint: 'correct the owner, or let a package or a set-up step make the group first',
    });
  }
  return { uid: account.uid, gid: Number(stdout.split(':')[2]) };
}

/** An argument list that runs as somebody, and the environment that a login would set. */
export interface CommandAs {
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * A shell command line as an argument list that runs it as `user` (root, or who the agent is, unless told),
 * with all the user's groups, by setpriv(1): unlike su and sudo it stays out of the process tree. Also the
 * environment that a login would set.
 */
export async function shellAs(command: string, user: string | undefined): Promise<CommandAs> {
  const shell: CommandAs['argv'] = shellWords(command);
  return user === undefined ? { argv: shell, env: {} } : argvAs(shell, await findAccount(user));
}

/**
 * The same for an argument list. Throws ShakedownError where the agent has no root's rights and is somebody
 * else.
 */
export function argvAs(argv: CommandAs['argv'], { name, uid, gid, home, shell }: Account): CommandAs {
  const env = { HOME: home, USER: name, LOGNAME: name, SHELL: shell };
  if (uid === process.getuid?.()) return { argv, env };
  if (process.getuid?.() !== 0) {
    throw new ShakedownError({
      message: `the agent on the node runs as '${userInfo().username}', and nothing can be run as '${name}' by it`,
      hint: 'log in as root, or as a user who may become root by `sudo` without a password',
    });
  }
  return { argv: ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--init-groups', '--', ...argv], env };
}
