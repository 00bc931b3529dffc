import { execa } from 'execa';
import type { ProbeResult } from '../provider.ts';

/** What it takes, and Debian's packages that have it. */
const programs = {
  'systemd-nspawn': 'systemd-container',
  mmdebstrap: 'mmdebstrap',
  nft: 'nftables',
  ip: 'iproute2',
  setsid: 'util-linux',
  mke2fs: 'e2fsprogs',
  awk: 'mawk',
} as const;
const keyring = {
  file: '/usr/share/keyrings/debian-archive-keyring.gpg',
  package: 'debian-archive-keyring',
};

/** CAP_SYS_ADMIN and CAP_NET_ADMIN (capabilities(7)), which root lacks in an unprivileged container. */
const needed = (1n << 21n) | (1n << 12n);

const caps = ['make', 'reboot', 'power', 'snapshot'] as const;

/** Whether containers can be made here: Linux, root or sudo, the programs, overlayfs, cgroups. */
export async function probeHost(signal: AbortSignal): Promise<ProbeResult> {
  if (process.platform !== 'linux') return no('systemd-nspawn needs Linux; use the ssh provider here');
  const sudo = process.getuid?.() === 0 ? '' : 'sudo -n ';
  const script = `PATH=$PATH:/usr/sbin:/sbin
for name in ${Object.keys(programs).join(' ')}; do command -v $name >/dev/null || echo missing ${'$'}name; done
[ -e ${keyring.file} ] || echo missing ${keyring.package}
grep -qw overlay /proc/filesystems || modinfo overlay >/dev/null 2>&1 || echo lacks overlayfs
[ -e /sys/fs/cgroup/cgroup.controllers ] || [ -e /sys/fs/cgroup/memory ] || echo lacks cgroups
${sudo}sh -c 'sed -n "s/^CapEff:/caps/p" /proc/self/status' 2>/dev/null`;
  const { stdout } = await execa('sh', ['-c', script], { cancelSignal: signal, reject: false });
  return judge(stdout);
}

/** The script's lines in words: `missing NAME`, `lacks WHAT`, and `caps HEX` if root can be had. */
export function judge(printed: string): ProbeResult {
  const lines = printed.split('\n').map((line) => line.trim().split(/\s+/));
  const those = (kind: string) =>
    lines.flatMap(([first, second]) => (first === kind && second ? [second] : []));
  const missing = those('missing');
  const missingPackages = missing.map((name) => programs[name as keyof typeof programs] ?? keyring.package);
  const [rights] = those('caps');
  if (rights === undefined) return no('it takes root, or sudo without a password', missingPackages);
  if ((BigInt(`0x${rights}`) & needed) !== needed) {
    return no('root may not mount or make networks here: in a container, run that one privileged');
  }
  const [lacking] = those('lacks');
  if (lacking !== undefined) return no(`this machine's kernel has no ${lacking}`, missingPackages);
  if (missing.length === 0) return { ok: true, caps };
  return no(`${missing.join(', ')} missing: apt-get install ${missingPackages.join(' ')}`, missingPackages);
}

const no = (reason: string, missingPackages: readonly string[] = []): ProbeResult => ({
  ok: false,
  reason,
  missingPackages,
  caps,
});
