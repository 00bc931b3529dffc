import type { ProbeResult } from '../provider.ts';
import { inUserNamespace } from './own-root.ts';
import { printedBy } from './root-script.ts';
import type { ShellValues } from './shell-file.ts';

/** What a kind of machine that root makes on this main host takes. */
export interface HostNeeds {
  /** Programs, and Debian's packages that have them. */
  readonly programs: Readonly<Record<string, string>>;
}

const keyring = {
  file: '/usr/share/keyrings/debian-archive-keyring.gpg',
  package: 'debian-archive-keyring',
};

/** CAP_SYS_ADMIN and CAP_NET_ADMIN (capabilities(7)), which root lacks in an unprivileged container. */
const rightsNeeded = (1n << 21n) | (1n << 12n);

/** Whether these rights of root's, of the line `caps HEX`, are enough to make machines. */
export const mayMakeMachines = ([caps = '0']: readonly string[]): boolean =>
  (BigInt(`0x${caps}`) & rightsNeeded) === rightsNeeded;

export const rightsMissing =
  'root may not mount or make networks here: in a container, run that one privileged';

/** What `probe.sh` and the programs that source it are told. */
export const probeValues = ({ programs }: HostNeeds) =>
  ({
    programs: Object.keys(programs),
    in_user_namespace: inUserNamespace,
    as_root: process.getuid?.() === 0 ? [] : ['sudo', '-n'],
    keyring_file: keyring.file,
    keyring_package: keyring.package,
  }) satisfies ShellValues;

/**
 * Whether this main host has it: root or sudo, the programs, Debian's keys; and what else `probe`, the text
 * of a program that sources `probe.sh`, asks of the kernel.
 */
export const probeHost = async (needs: HostNeeds, probe: string, signal: AbortSignal): Promise<ProbeResult> =>
  judgeHost(await printedBy(probe, signal), needs);

/** The names in lines `missing NAME`, `lacks WHAT` and `caps HEX`. */
export function readLooks(
  printed: string,
): Readonly<Record<'missing' | 'lacks' | 'caps', readonly string[]>> {
  const lines = printed.split('\n').map((line) => line.trim().split(/\s+/));
  const those = (kind: string) =>
    lines.flatMap(([first, second]) => (first === kind && second ? [second] : []));
  return { missing: those('missing'), lacks: those('lacks'), caps: those('caps') };
}

/** The packages that have what is missing. */
export const packagesOf = (missing: readonly string[], { programs }: HostNeeds): readonly string[] => [
  ...new Set(missing.map((name) => programs[name] ?? keyring.package)),
];

/** The script's lines in words: `missing NAME`, `lacks WHAT`, and `caps HEX` if root can be had. */
export function judgeHost(printed: string, needs: HostNeeds): ProbeResult {
  const no = (reason: string, missingPackages: readonly string[] = []): ProbeResult => ({
    ok: false,
    reason,
    missingPackages,
  });
  const looks = readLooks(printed);
  const { missing } = looks;
  const missingPackages = packagesOf(missing, needs);
  // Packages alone would not mend that.
  if (looks.caps.length === 0) return no('it takes root, or sudo without a password');
  if (!mayMakeMachines(looks.caps)) return no(rightsMissing);
  const [lacking] = looks.lacks;
  if (lacking !== undefined) return no(`this machine's kernel has no ${lacking}`, missingPackages);
  if (missing.length === 0) return { ok: true };
  return no(`${missing.join(', ')} missing: apt-get install ${missingPackages.join(' ')}`, missingPackages);
}
