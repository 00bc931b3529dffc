import { access, constants } from 'node:fs/promises';
import type { RunContext } from '../../context.ts';
import { type HostNeeds, judgeHost, probeHost as probeMainHost } from '../host/probe-host.ts';
import type { ProbeResult } from '../provider.ts';
import { rememberedAnswer } from './accelerator.ts';

const needs: HostNeeds = {
  programs: {
    'qemu-system-x86_64': 'qemu-system-x86',
    'qemu-img': 'qemu-utils',
    mmdebstrap: 'mmdebstrap',
    mke2fs: 'e2fsprogs',
    nft: 'nftables',
    ip: 'iproute2',
    setsid: 'util-linux',
  },
  caps: ['make', 'reboot', 'snapshot', 'power'],
};

/** Whether virtual machines can be made here: Linux on x86-64, root or sudo, the programs, taps. */
export async function probeHost(signal: AbortSignal): Promise<ProbeResult> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    const reason = 'virtual machines are made on Linux with an x86-64 processor only';
    return { ok: false, reason, missingPackages: [], caps: needs.caps };
  }
  const looks = '[ -c /dev/net/tun ] || modinfo tun >/dev/null 2>&1 || echo lacks /dev/net/tun';
  return probeMainHost(needs, looks, signal);
}

/** What the look at the main host printed, in words. */
export const judge = (printed: string): ProbeResult => judgeHost(printed, needs);

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
