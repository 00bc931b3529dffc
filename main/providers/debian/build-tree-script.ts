import { quote } from '../host/root-script.ts';
import { stateHome } from '../host/state-home.ts';
import type { Release } from './releases.ts';

const packages = [
  'apt',
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
  'tar',
  'gzip',
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

/** What is done to the tree once its packages are in, `$1` being its root. */
const finish = [
  // Nobody reads manuals on a node. mmdebstrap's path-exclude, which starts a filter for each package, takes seconds more.
  'find "$1"/usr/share/doc -type f ! -name copyright -delete',
  'rm -rf "$1"/usr/share/man/* "$1"/usr/share/locale/*',
  'rm -f "$1"/etc/ssh/ssh_host_*_key* "$1"/etc/hostname "$1"/etc/resolv.conf',
  ': > "$1"/etc/machine-id',
  `printf '127.0.0.1 localhost\\n::1 localhost ip6-localhost ip6-loopback\\n' > "$1"/etc/hosts`,
  'mkdir -p "$1"/etc/systemd/system "$1"/etc/tmpfiles.d',
  ...masked.map((unit) => `ln -sf /dev/null "$1"/etc/systemd/system/${unit}`),
  // Otherwise logins other than root's are turned away while the node boots, as if the key were wrong.
  'ln -sf /dev/null "$1"/etc/tmpfiles.d/systemd-nologin.conf',
  // Nodes need no protection against a power cut, and packages come in faster without.
  'echo force-unsafe-io > "$1"/etc/dpkg/dpkg.cfg.d/shakedown',
].join('; ');

/** All that makes one tree differ from another of the same suite; a change of it makes new trees. */
export const recipe: unknown = { version: 7, packages, masked, finish };

/** Trees that no run asked for in so many days make room for new ones. */
const keepDays = 30;

export interface TreeBuild {
  /** The folder of all trees. */
  readonly trees: string;
  /** The link to make within it. */
  readonly tree: string;
  readonly release: Release;
  /** The file with the archive's keys. */
  readonly keyring: string;
  /** Contents of sources.list; it stays in the tree. */
  readonly sources: string;
  readonly packages: readonly string[];
  readonly rebuild: boolean;
  /** URL of a caching proxy on this main host, for where it needs none to get out. */
  readonly cache: string;
  /** For apt's proxy; sudo does not pass it on. */
  readonly env: NodeJS.ProcessEnv;
}

/** The script that takes away what a build that was killed left, unless another one is under way. */
export const discardPartsScript = (tree: string): string => `
tree=${quote(tree)}
[ -e "$tree.lock" ] || exit 0
exec 8>>"$tree.lock"; flock -n 8 || exit 0
# The last of its processes may be at work still.
for try in 1 2 3 4 5; do rm -rf --one-file-system "$tree".part-* && break; sleep 1; done`;

/**
 * The script that builds a tree beside the others and then, in one step, makes the link point to it. The package lists
 * stay in it: a node can then install without an update of its own. mmdebstrap works in namespaces of its own, so that
 * whenever it is killed all that it started dies with it, and nothing stays mounted.
 */
export function buildTreeScript(build: TreeBuild): string {
  const { trees, tree, release, sources, rebuild, env } = build;
  const wanted = [...packages, ...build.packages].join(',');
  const about = [release.distribution, release.version, release.suite].filter(Boolean).join(' ');
  const proxies = ['http_proxy', 'https_proxy', 'no_proxy'].flatMap((name) =>
    env[name] ? [`export ${name}=${quote(env[name])}`] : [],
  );
  return `
${proxies.join('\n')}
trees=${quote(trees)} tree=${quote(tree)}
mkdir -p "$trees"
tree=$(readlink -f "$trees")/\${tree##*/}
exec 8>>"$tree.lock"; flock 8; touch "$tree.lock"
if [ -e "$tree/etc/os-release" ] && ${rebuild ? 'false' : 'true'}; then exit 0; fi
rm -rf --one-file-system "$tree".part-*
new="$tree.part-$$"
proxy=; eval "$(apt-config shell proxy Acquire::http::Proxy)"
if [ -z "$proxy\${http_proxy-}" ]; then proxy=${quote(build.cache)}; fi
mkdir "$new.tmp"
TMPDIR="$new.tmp" unshare --mount --pid --fork --kill-child --mount-proc \\
  mmdebstrap --mode=root --format=directory --variant=minbase --keyring=${quote(build.keyring)} --skip=cleanup/apt/lists \\
  --aptopt='APT::Install-Recommends "false"' \${proxy:+--aptopt="Acquire::http::Proxy \\"$proxy\\""} \\
  --dpkgopt=force-unsafe-io --include=${quote(wanted)} \\
  --customize-hook=${quote(finish)} ${quote(release.suite)} "$new" - >&2 8>&- <<'SOURCES' || {
${sources}SOURCES
  rm -rf --one-file-system "$new" "$new.tmp"; exit 1; }
rm -rf "$new.tmp"
rm -f "$new"/etc/apt/apt.conf.d/99mmdebstrap "$new"/etc/dpkg/dpkg.cfg.d/99mmdebstrap
# Else each node's first apt reads all lists, and writes 70 MB of what it found in them.
chroot "$new" apt-cache gencaches >/dev/null || { rm -rf --one-file-system "$new"; exit 1; }
build="$tree.$(date +%s).$$"
mv -T "$new" "$build"
echo ${quote(build.packages.length === 0 ? about : `${about}, with ${build.packages.join(', ')}`)} > "$tree.about"
ln -sfn "\${build##*/}" "$tree.link-$$"; mv -T "$tree.link-$$" "$tree"
used=$(readlink ${stateHome}/*/*/tree* 2>/dev/null || :)
discard() { [[ $'\\n'$used$'\\n' == *$'\\n'$1$'\\n'* ]] || rm -rf --one-file-system "$1"; }
for old in "$tree".[0-9]*; do [ "$old" = "$build" ] || discard "$old"; done
find "$trees" -maxdepth 1 -name '*.lock' -mtime +${keepDays} | while read -r lock; do
  (flock -n 7 || exit 0; rm -f "\${lock%.lock}" "\${lock%.lock}.about"; for old in "\${lock%.lock}".[0-9]*; do discard "$old"; done) 7>>"$lock"
done
`;
}
