import { execa } from 'execa';
import type { ProbeResult } from '../provider.ts';

/** The programs it takes, and Debian's packages that have them. */
const programs = {
  'systemd-nspawn': 'systemd-container',
  mmdebstrap: 'mmdebstrap',
  nft: 'nftables',
  ip: 'iproute2',
  setsid: 'util-linux',
} as const;

/** Whether containers can be made here: Linux, root or sudo, the programs. */
export async function probeHost(signal: AbortSignal): Promise<ProbeResult> {
  const caps = ['make'] as const;
  const no = (reason: string, missingPackages: readonly string[] = []): ProbeResult => ({
    ok: false,
    reason,
    missingPackages,
    caps,
  });
  if (process.platform !== 'linux') return no('systemd-nspawn needs Linux; use the ssh provider here');
  const sudo = process.getuid?.() === 0 ? 'true' : 'sudo -n true';
  const looks = Object.keys(programs).map((name) => `command -v ${name} >/dev/null || echo ${name}`);
  const script = `PATH=$PATH:/usr/sbin:/sbin; ${looks.join('; ')}; ${sudo} 2>/dev/null || echo sudo`;
  const { stdout } = await execa('sh', ['-c', script], { cancelSignal: signal, reject: false });
  const missing = stdout.split('\n').filter(Boolean);
  if (missing.includes('sudo')) return no('it takes root, or sudo without a password');
  const missingPackages = missing.map((name) => programs[name as keyof typeof programs]);
  if (missing.length === 0) return { ok: true, caps };
  return no(`${missing.join(', ')} missing: apt-get install ${missingPackages.join(' ')}`, missingPackages);
}
