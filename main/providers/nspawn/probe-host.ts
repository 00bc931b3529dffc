import { type HostNeeds, judgeHost, probeHost as probeMainHost, probeValues } from '../host/probe-host.ts';
import { shellFile } from '../host/shell-file.ts';
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
  const probe = shellFile(import.meta.dirname, 'probe.sh', probeValues(needs));
  return probeMainHost(needs, probe, signal);
}

/** What the look at the main host printed, in words. */
export const judge = (printed: string): ProbeResult => judgeHost(printed, needs);
