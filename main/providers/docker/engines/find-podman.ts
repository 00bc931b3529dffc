import { userInfo } from 'node:os';
import { execa } from 'execa';
import { looksAtUser, namespacePrograms, userLacks } from '../../host/probe-user.ts';
import type { Found } from './docker-engine.ts';
import { podmanEngine } from './podman-engine.ts';

/** What it takes as root, and Debian's packages that have it. */
const root = { podman: 'podman', conmon: 'conmon', ip: 'iproute2', nft: 'nftables' } as const;
/** And as another user (podman(1), rootless mode); netavark works by iptables. */
const rootless = {
  podman: 'podman',
  conmon: 'conmon',
  ip: 'iproute2',
  iptables: 'iptables',
  ...namespacePrograms,
} as const;
const packages: Readonly<Record<string, string>> = {
  ...root,
  ...rootless,
  netavark: 'netavark',
  runc: 'runc',
};

/** CAP_SYS_ADMIN and CAP_NET_ADMIN (capabilities(7)), which root lacks in an unprivileged container. */
const needed = (1n << 21n) | (1n << 12n);

/** Whether our Podman works for this user, in some 30 ms: Podman itself would make files when it is asked. */
export async function findPodman(signal: AbortSignal): Promise<Found> {
  if (process.platform !== 'linux') return { reason: 'Podman is used on Linux only' };
  const { uid, username } = userInfo();
  const names = Object.keys(uid === 0 ? root : rootless);
  const script = `PATH=$PATH:/usr/sbin:/sbin
for name in ${names.join(' ')}; do command -v $name >/dev/null || echo missing $name; done
[ -e /sys/fs/cgroup/cgroup.controllers ] || command -v runc >/dev/null || echo missing runc
[ $2 = 0 ] || ls /usr/lib/podman/netavark /usr/libexec/podman/netavark /usr/local/libexec/podman/netavark 2>/dev/null | grep -q . || echo missing netavark
sed -n 's/^CapEff:/caps/p' /proc/self/status
[ $2 = 0 ] || {
${looksAtUser}
}`;
  const { stdout } = await execa('sh', ['-c', script, 'sh', username, String(uid)], {
    cancelSignal: signal,
    reject: false,
  });
  signal.throwIfAborted();
  return judgePodman(stdout, { uid, username }) ?? podmanEngine(uid);
}

/** The script's lines in words: `missing PROGRAM`, `lacks WHAT`, `caps HEX`; nothing when all is there. */
export function judgePodman(
  printed: string,
  { uid, username }: { uid: number; username: string },
): Exclude<Found, { command: unknown }> | undefined {
  const lines = printed.split('\n').map((line) => line.trim().split(/\s+/));
  const those = (kind: string) =>
    lines.flatMap(([first, second]) => (first === kind && second ? [second] : []));
  const missing = those('missing');
  if (missing.includes('podman')) return { reason: 'Podman is not installed', ...mend(missing) };
  if (missing.length > 0) return { reason: `Podman lacks ${missing.join(', ')}`, ...mend(missing) };
  if (uid === 0) {
    const [caps = '0'] = those('caps');
    if ((BigInt(`0x${caps}`) & needed) === needed) return undefined;
    return { reason: 'root may not mount or make networks here: in a container, run that one privileged' };
  }
  const reason = userLacks(those('lacks'), { username });
  return reason === undefined ? undefined : { reason };
}

const mend = (missing: readonly string[]) => ({
  missingPackages: [...new Set(missing.map((name) => packages[name] ?? name))],
});
