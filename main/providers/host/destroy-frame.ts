import { killGroups, removeGroups } from './cgroup-script.ts';
import { removeRules } from './network-script.ts';

/** What a cluster on this main host is called there. */
export interface HostNames {
  readonly directory: string;
  readonly bridge: string;
  readonly table: string;
  readonly cgroup: string;
}

/**
 * The script that takes away all of a cluster in whatever state it is, by its names alone: its processes, what the kind
 * of machine has besides (`own`, shell), its links, rules and cgroups. It goes on after what will not go (`fail`), and
 * tells all of it at the end. The folder with the state goes last, and only if all else went.
 */
export function destroyFrame(id: string, names: HostNames, lockFile: string, own = ''): string {
  const { directory, bridge, table, cgroup } = names;
  return `
id=${id} dir=${directory} bridge=${bridge} table=${table} cgroup=${cgroup}
failed=
fail() { echo "$*" >&2; failed=1; }
exec 9>>${lockFile}
# Two who destroy the same cluster would trip over each other: the second finds nothing left.
if [ -e $dir ]; then exec 7<$dir; flock 7; fi
${killGroups}
${own}
for link in /sys/class/net/\${bridge}v* /sys/class/net/$bridge; do
  # A node's link may go by itself, with the namespace that its other end is in.
  ip link delete \${link##*/} 2>/dev/null || [ ! -e $link ] || fail "the link \${link##*/} cannot be removed"
done
${removeRules}
${removeGroups}
[ -z "$failed" ] || exit 1
rm -rf --one-file-system $dir $dir.new
`;
}
