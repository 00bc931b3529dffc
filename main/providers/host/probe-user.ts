import { userInfo } from 'node:os';
import { inUserNamespace } from './own-root.ts';

/** Debian's packages with what it takes to be root of namespaces with a network, by the programs' names. */
export const namespacePrograms = {
  newuidmap: 'uidmap',
  newgidmap: 'uidmap',
  slirp4netns: 'slirp4netns',
} as const;

/** For shell: prints `lacks WHAT` for what the user `$1` with the id `$2` may not do. */
export const looksAtUser = `for file in subuid subgid; do grep -qE "^($1|$2):" /etc/$file 2>/dev/null || echo lacks $file; done
unshare --user --map-root-user true 2>/dev/null || echo lacks userns
${inUserNamespace.join(' ')} true 2>/dev/null || echo lacks map
{ [ -r /dev/net/tun ] && [ -w /dev/net/tun ]; } || echo lacks tun`;

/** What of it an ordinary user cannot do without, in words and with the remedy; nothing when all is there. */
export function userLacks(
  lacking: readonly string[],
  { username }: { readonly username: string } = userInfo(),
): string | undefined {
  if (lacking.includes('userns')) {
    return 'this user may not make user namespaces (sudo sysctl kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000)';
  }
  if (lacking.includes('subuid') || lacking.includes('subgid')) {
    return `user ${username} has no ids of its own for containers (sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${username})`;
  }
  if (lacking.includes('map')) {
    return `the ids of user ${username} cannot be mapped here: that takes an unshare of util-linux 2.38 or later, and a newuidmap that is setuid root (${inUserNamespace.join(' ')} true)`;
  }
  if (lacking.includes('tun')) {
    return 'this user may not use /dev/net/tun, which networks without root are made with (sudo chmod 666 /dev/net/tun)';
  }
  return undefined;
}
