import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { arch } from 'node:os';
import { join } from 'node:path';
import type { RunContext } from '../../context.ts';
import type { NspawnSettings } from './nspawn-options.ts';
import { quote, runAsRoot } from './root-script.ts';

/** Part of the digest: a change to the recipe below makes a new tree. */
const recipe = 3;

const packages = [
  'systemd',
  'systemd-sysv',
  'dbus',
  'openssh-server',
  'sudo',
  'iproute2',
  'iputils-ping',
  'procps',
  'nftables',
  'ca-certificates',
  'xz-utils',
];

/** Units that only cost time in a container that lives for minutes. */
const masked = [
  'apt-daily.timer',
  'apt-daily-upgrade.timer',
  'dpkg-db-backup.timer',
  'e2scrub_all.timer',
  'e2scrub_reap.service',
  'fstrim.timer',
  'getty.target',
  'getty@.service',
  'console-getty.service',
  'systemd-logind.service',
  'systemd-resolved.service',
  'systemd-timesyncd.service',
];

/**
 * The folder of the Debian tree that all nodes lie over; built by mmdebstrap (mmdebstrap(1)) if there is none for this
 * suite, these packages and this architecture. Two that want it at once build it once.
 */
export async function ensureBaseTree(
  settings: Pick<NspawnSettings, 'suite' | 'packages' | 'mirror'>,
  rebuild: boolean,
  ctx: Pick<RunContext, 'signal' | 'cacheDir' | 'emit'>,
): Promise<string> {
  const { suite, mirror } = settings;
  const wanted = [...packages, ...settings.packages];
  const key = JSON.stringify([recipe, suite, mirror, arch(), wanted, masked]);
  const digest = createHash('sha256').update(key).digest('hex').slice(0, 16);
  const tree = join(ctx.cacheDir, 'nspawn', 'trees', `${suite}-${digest}`);
  if (existsSync(join(tree, 'etc/os-release')) && !rebuild) return tree;
  ctx.emit({
    type: 'note',
    phase: 'machines',
    message: `building the ${suite} base tree (once, about half a minute)`,
  });
  await runAsRoot(buildScript(tree, suite, sources(suite, mirror), wanted, rebuild), {
    signal: ctx.signal,
    failure: {
      message: `could not build the ${suite} base tree`,
      hint: `is there a suite '${suite}' on ${mirror}, is it reachable, and is there a gigabyte free in ${ctx.cacheDir}?`,
    },
  });
  return tree;
}

/** As apt's one-line sources (sources.list(5)); only Debian's stable suites have updates and security beside them. */
function sources(suite: string, mirror: string): string {
  const lines = [`deb ${mirror} ${suite} main`];
  if (!['sid', 'unstable', 'testing'].includes(suite)) {
    lines.push(`deb ${mirror} ${suite}-updates main`);
    lines.push(`deb ${mirror.replace(/\/debian\/?$/, '/debian-security')} ${suite}-security main`);
  }
  return `${lines.join('\n')}\n`;
}

/** The lists stay in the tree: a node can then install without an update of its own. */
function buildScript(
  tree: string,
  suite: string,
  list: string,
  wanted: readonly string[],
  rebuild: boolean,
): string {
  const hook = [
    'rm -f "$1"/etc/ssh/ssh_host_*_key* "$1"/etc/hostname',
    ': > "$1"/etc/machine-id',
    'rm -f "$1"/etc/resolv.conf',
    `printf '127.0.0.1 localhost\\n::1 localhost ip6-localhost ip6-loopback\\n' > "$1"/etc/hosts`,
    'mkdir -p "$1"/etc/systemd/system',
    ...masked.map((unit) => `ln -sf /dev/null "$1"/etc/systemd/system/${unit}`),
  ].join('; ');
  return `
mkdir -p "$(dirname ${quote(tree)})"
exec 9>${quote(`${tree}.lock`)}; flock 9
if [ -e ${quote(`${tree}/etc/os-release`)} ] && ${rebuild ? 'false' : 'true'}; then exit 0; fi
new=${quote(tree)}.new; rm -rf --one-file-system "$new"
mmdebstrap --quiet --mode=root --variant=minbase --skip=cleanup/apt/lists \\
  --aptopt='APT::Install-Recommends "false"' --dpkgopt=force-unsafe-io \\
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \\
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \\
  --include=${quote(wanted.join(','))} --customize-hook=${quote(hook)} ${quote(suite)} "$new" - <<'SOURCES' >&2
${list}SOURCES
rm -f "$new"/etc/apt/apt.conf.d/99mmdebstrap "$new"/etc/dpkg/dpkg.cfg.d/99mmdebstrap
rm -rf --one-file-system ${quote(tree)}; mv "$new" ${quote(tree)}; rm -f ${quote(`${tree}.lock`)}
`;
}
