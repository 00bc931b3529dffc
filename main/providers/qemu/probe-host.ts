import { access, constants } from 'node:fs/promises';
import { execa } from 'execa';
import type { RunContext } from '../../context.ts';
import type { ProbeResult } from '../provider.ts';
import { rememberedAnswer } from './accelerator.ts';

/** What it takes, and Debian's packages that have it. */
const programs = {
  'qemu-system-x86_64': 'qemu-system-x86',
  'qemu-img': 'qemu-utils',
  mmdebstrap: 'mmdebstrap',
  mke2fs: 'e2fsprogs',
  nft: 'nftables',
  ip: 'iproute2',
  setsid: 'util-linux',
} as const;
const keyring = {
  file: '/usr/share/keyrings/debian-archive-keyring.gpg',
  package: 'debian-archive-keyring',
};
const caps = ['make', 'reboot', 'snapshot', 'power'] as const;

/** CAP_SYS_ADMIN and CAP_NET_ADMIN (capabilities(7)), which root lacks in an unprivileged container. */
const needed = (1n << 21n) | (1n << 12n);

/** Whether virtual machines can be made here: Linux on x86-64, root or sudo, the programs, taps. */
export async function probeHost(signal: AbortSignal): Promise<ProbeResult> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return no('virtual machines are made on Linux with an x86-64 processor only');
  }
  const sudo = process.getuid?.() === 0 ? '' : 'sudo -n ';
  const script = `PATH=$PATH:/usr/sbin:/sbin
for name in ${Object.keys(programs).join(' ')}; do command -v $name >/dev/null || echo missing ${'$'}name; done
[ -e ${keyring.file} ] || echo missing ${keyring.package}
[ -c /dev/net/tun ] || modinfo tun >/dev/null 2>&1 || echo lacks /dev/net/tun
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

/** In words, what is known of KVM here: a trial boot tells, and the first machines make it. */
export async function kvmInWords({ cacheDir }: Pick<RunContext, 'cacheDir'>): Promise<string> {
  const there = await access('/dev/kvm', constants.F_OK).then(
    () => true,
    () => false,
  );
  if (!there) return 'emulated: there is no /dev/kvm';
  const answer = await rememberedAnswer(cacheDir);
  if (answer === undefined) return 'with KVM or emulated: not yet known, the first machines try it';
  return answer.works ? 'with KVM' : `emulated: a trial boot under KVM failed (${answer.reason})`;
}

const no = (reason: string, missingPackages: readonly string[] = []): ProbeResult => ({
  ok: false,
  reason,
  missingPackages,
  caps,
});
