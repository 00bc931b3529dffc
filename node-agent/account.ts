import { ShakedownError } from '../common/errors.ts';
import { runProcess } from './process.ts';

/** A line of passwd(5). */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
}

/** Looks up a user by name or number, whatever the node's name service is. Throws ShakedownError when unknown. */
export async function findAccount(user: string): Promise<Account> {
  const { stdout, exitCode } = await runProcess(['getent', 'passwd', user]);
  const [name, , uid, gid, , home, shell] = stdout.trim().split(':');
  if (exitCode !== 0 || !name) {
    throw new ShakedownError({
      message: `there is no user '${user}' on the node`,
      hint: 'correct the name, or let a package or a set-up step make the user first',
    });
  }
  return { name, uid: Number(uid), gid: Number(gid), home: home || '/', shell: shell || '/bin/sh' };
}

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

/**
 * A shell command line as an argument list that runs it as `user` (root, or who the agent is, unless told), with
 * all the user's groups, by setpriv(1): unlike su and sudo it stays out of the process tree. Also the environment
 * that a login would set.
 */
export async function shellAs(
  command: string,
  user: string | undefined,
): Promise<{ argv: [string, ...string[]]; env: Record<string, string> }> {
  const shell: [string, ...string[]] = ['/bin/sh', '-c', command];
  if (user === undefined) return { argv: shell, env: {} };
  const { name, uid, gid, home, shell: loginShell } = await findAccount(user);
  const env = { HOME: home, USER: name, LOGNAME: name, SHELL: loginShell };
  if (uid === process.getuid?.()) return { argv: shell, env };
  return { argv: ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--init-groups', '--', ...shell], env };
}
