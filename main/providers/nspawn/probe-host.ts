import { type HostNeeds, judgeHost, probeHost as probeMainHost } from '../host/probe-host.ts';
import type { ProbeResult } from '../provider.ts';

const needs: HostNeeds = {
  programs: {
    'systemd-nspawn': 'systemd-container',
    mmdebstrap: 'mmdebstrap',
    nft: 'nftables',
    ip: 'iproute2',
    setsid: 'util-linux',
    mke2fs: 'e2fsprogs',
    awk: 'mawk',
  },
};

/** Whether containers can be made here: Linux, root or sudo, the programs, overlayfs, cgroups. */
export async function probeHost(signal: AbortSignal): Promise<ProbeResult> {
  if (process.platform !== 'linux') {
    const reason = 'systemd-nspawn needs Linux; use the ssh provider here';
    return { ok: false, reason, missingPackages: [] };
  }
  const looks = `grep -qw overlay /proc/filesystems || modinfo overlay >/dev/null 2>&1 || echo lacks overlayfs
[ -e /sys/fs/cgroup/cgroup.controllers ] || [ -e /sys/fs/cgroup/memory ] || echo lacks cgroups`;
  return probeMainHost(needs, looks, signal);
}

/** What the look at the main host printed, in words. */
export const judge = (printed: string): ProbeResult => judgeHost(printed, needs);
