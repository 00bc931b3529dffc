import { killGroups, removeGroups } from '../host/cgroup-script.ts';
import { removeRules } from '../host/network-script.ts';
import { clusterNames, lockFile } from './names.ts';

/**
 * The script that takes away all of a cluster in whatever state it is, from its id alone. It goes on after what will
 * not go, and tells all of it at the end. The folder with the state goes last, and only if all else went.
 */
export function destroyScript(id: string): string {
  const { directory, bridge, table, cgroup } = clusterNames(id);
  return `
id=${id} dir=${directory} bridge=${bridge} table=${table} cgroup=${cgroup}
failed=
fail() { echo "$*" >&2; failed=1; }
exec 9>>${lockFile}
# Two who destroy the same cluster would trip over each other: the second finds nothing left.
if [ -e $dir ]; then exec 7<$dir; flock 7; fi
${killGroups}
for link in /sys/class/net/\${bridge}v* /sys/class/net/$bridge; do
  ip link delete \${link##*/} 2>/dev/null || [ ! -e $link ] || fail "the link \${link##*/} cannot be removed"
done
${removeRules}
${removeGroups}
[ -z "$failed" ] || exit 1
rm -rf --one-file-system $dir $dir.new
`;
}
