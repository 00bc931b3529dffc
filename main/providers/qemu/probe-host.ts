import { userInfo } from 'node:os';
import type { RunContext } from '../../context/run-context.ts';
import { rootCanBeHad } from '../host/own-root.ts';
import {
  type HostNeeds,
  judgeHost,
  packagesOf,
  probeHost as probeMainHost,
  probeValues,
  readLooks,
} from '../host/probe-host.ts';
import { namespacePrograms, userLacks } from '../host/probe-user.ts';
import { printedBy } from '../host/root-script.ts';
import { shellFile } from '../host/shell-file.ts';
import type { ProbeResult } from '../provider.ts';
import { rememberedAnswer, whyNoKvm } from './accelerator.ts';
import { stateRoot } from './names.ts';

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
};

/**
 * Whether virtual machines can be made here: Linux on x86-64, the programs,
 * taps, and root, sudo or namespaces.
 */
export async function probeHost(signal: AbortSignal): Promise<ProbeResult> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    const reason = 'virtual machines are made on Linux with an x86-64 processor only';
    return { ok: false, reason, missingPackages: [] };
  }
  if (!rootCanBeHad()) return probeAsUser(signal);
  const probe = shellFile(import.meta.dirname, 'probe.sh', probeValues(needs));
  return probeMainHost(needs, probe, signal);
}

/** What the look at the main host printed, in words. */
export const judge = (printed: string): ProbeResult => judgeHost(printed, needs);

const { nft: _, ...programsOfUsers } = needs.programs;
/** What it takes where root cannot be had: the network is then in a namespace. */
const needsOfUser: HostNeeds = {
  programs: { ...programsOfUsers, nsenter: 'util-linux', ...namespacePrograms },
};

async function probeAsUser(signal: AbortSignal): Promise<ProbeResult> {
  const { uid, username } = userInfo();
  const values = probeValues(needsOfUser);
  const probe = shellFile(import.meta.dirname, 'probe-as-user.sh', values, [username, uid]);
  return judgeAsUser(await printedBy(probe, signal), { username, folder: stateRoot() });
}

/** Likewise, where root cannot be had; `folder` is where machines would lie. */
export function judgeAsUser(
  printed: string,
  { username, folder }: { readonly username: string; readonly folder: string },
): ProbeResult {
  const { missing, lacks } = readLooks(printed);
  const missingPackages = packagesOf(missing, needsOfUser);
  if (missing.length > 0) {
    const reason = `${missing.join(', ')} missing: apt-get install ${missingPackages.join(' ')}`;
    return { ok: false, reason, missingPackages };
  }
  const lacking = userLacks(lacks, { username });
  if (lacking !== undefined) return { ok: false, reason: lacking };
  if (!/^[\w./@+-]+$/.test(folder)) {
    const reason = `the path ${folder}, where machines would lie, has other characters than letters, digits and ./@+-_ (XDG_DATA_HOME says another)`;
    return { ok: false, reason };
  }
  return { ok: true };
}

/** In words, what is known of KVM here: a trial boot tells, and the first machines make it. */
export async function kvmInWords({ cacheDir }: Pick<RunContext, 'cacheDir'>): Promise<string> {
  const reason = await whyNoKvm();
  if (reason !== undefined) return `emulated: ${reason}`;
  const answer = await rememberedAnswer(cacheDir);
  if (answer === undefined) return 'with KVM or emulated: not yet known, the first machines try it';
  return answer.works ? 'with KVM' : `emulated: a trial boot under KVM failed (${answer.reason})`;
}
