import { userInfo } from 'node:os';
import { inUserNamespace } from '../../host/own-root.ts';
import { mayMakeMachines, readLooks, rightsMissing } from '../../host/probe-host.ts';
import { namespacePrograms, userLacks } from '../../host/probe-user.ts';
import { printedBy } from '../../host/root-script.ts';
import { shellFile } from '../../host/shell-file.ts';
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

/** Whether our Podman works for this user, in some 30 ms: Podman itself would make files when it is asked. */
export async function findPodman(signal: AbortSignal): Promise<Found> {
  if (process.platform !== 'linux') return { reason: 'Podman is used on Linux only' };
  const { uid, username } = userInfo();
  const values = { programs: Object.keys(uid === 0 ? root : rootless), in_user_namespace: inUserNamespace };
  const probe = shellFile(import.meta.dirname, 'find-podman.sh', values, [username, uid]);
  return judgePodman(await printedBy(probe, signal), { uid, username }) ?? podmanEngine(uid);
}

/** The script's lines in words: `missing PROGRAM`, `lacks WHAT`, `caps HEX`; nothing when all is there. */
export function judgePodman(
  printed: string,
  { uid, username }: { uid: number; username: string },
): Exclude<Found, { command: unknown }> | undefined {
  const { missing, lacks, caps } = readLooks(printed);
  if (missing.includes('podman')) return { reason: 'Podman is not installed', ...mend(missing) };
  if (missing.length > 0) return { reason: `Podman lacks ${missing.join(', ')}`, ...mend(missing) };
  if (uid === 0) {
    if (mayMakeMachines(caps)) return undefined;
    return { reason: rightsMissing };
  }
  const reason = userLacks(lacks, { username });
  return reason === undefined ? undefined : { reason };
}

const mend = (missing: readonly string[]) => ({
  missingPackages: [...new Set(missing.map((name) => packages[name] ?? name))],
});
