import { wildcard } from '../login/known-hosts.ts';
import type { SshTarget } from '../ssh-target.ts';

/**
 * The variables that a target's sessions are offered (ssh_config(5), SetEnv and SendEnv). The language is not
 * among those that are sent: what programs on a node say is read by us, and Debian's ssh_config
 * sends it everywhere.
 */
export function sessionVariables(
  { setEnv = {}, sendEnv = [] }: Pick<SshTarget, 'setEnv' | 'sendEnv'>,
  env: NodeJS.ProcessEnv,
): Readonly<Record<string, string>> {
  const wanted = sendEnv.map(wildcard);
  const sent = Object.entries(env).filter(
    (each): each is [string, string] =>
      each[1] !== undefined && !/^(LANG|LC_.*)$/.test(each[0]) && wanted.some((one) => one.test(each[0])),
  );
  return { ...Object.fromEntries(sent), ...setEnv };
}
