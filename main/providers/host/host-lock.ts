/**
 * Held by one at a time, whatever kind of machine it makes, while a subnet is chosen, and while
 * the cgroup that all clusters lie in is made or removed. The name is that of the first
 * versions, which may run beside this one.
 */
export const hostLock = '/run/shakedown-nspawn.lock';
