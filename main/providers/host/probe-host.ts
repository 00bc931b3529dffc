import { execa } from 'execa';
import type { ProbeResult } from '../provider.ts';

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

/**
 * Whether this main host has it: root or sudo, the programs, Debian's keys; and what `looks`, a shell script that prints
 * `lacks WHAT`, asks of the kernel.
 */
export async function probeHost(needs: HostNeeds, looks: string, signal: AbortSignal): Promise<ProbeResult> {
  const sudo = process.getuid?.() === 0 ? '' : 'sudo -n ';
  const script = `${looksAtHost(needs)}
${looks}
${sudo}sh -c 'sed -n "s/^CapEff:/caps/p" /proc/self/status' 2>/dev/null`;
  const { stdout } = await execa('sh', ['-c', script], { cancelSignal: signal, reject: false });
  return judgeHost(stdout, needs);
}

/** For shell: prints `missing NAME` for programs and keys that are not there. */
export const looksAtHost = ({ programs }: HostNeeds): string => `PATH=$PATH:/usr/sbin:/sbin
for name in ${Object.keys(programs).join(' ')}; do command -v $name >/dev/null || echo missing $name; done
[ -e ${keyring.file} ] || echo missing ${keyring.package}`;

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
  const [rights] = looks.caps;
  // Packages alone would not mend that.
  if (rights === undefined) return no('it takes root, or sudo without a password');
  if ((BigInt(`0x${rights}`) & rightsNeeded) !== rightsNeeded) {
    return no('root may not mount or make networks here: in a container, run that one privileged');
  }
  const [lacking] = looks.lacks;
  if (lacking !== undefined) return no(`this machine's kernel has no ${lacking}`, missingPackages);
  if (missing.length === 0) return { ok: true };
  return no(`${missing.join(', ')} missing: apt-get install ${missingPackages.join(' ')}`, missingPackages);
}
