import { userInfo } from 'node:os';
import { inUserNamespace } from './own-root.ts';

/** Debian's packages with what it takes to be root of namespaces with a network, by the programs' names. */
export const namespacePrograms = {
  newuidmap: 'uidmap',
  newgidmap: 'uidmap',
  slirp4netns: 'slirp4netns',
} as const;

/**
 * Which of the lines `lacks WHAT` of `look_at_user` (probe.sh) an ordinary user cannot do without, in words
 * and with the remedy; nothing when all is there.
 */
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
