import { killGroups, removeGroups } from './cgroup-script.ts';
import { beginRemoval, removeBridge } from './network-script.ts';

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
making=
for each in /sys/fs/cgroup/{,freezer/}$cgroup/make/cgroup.procs; do
  if read -r making 2>/dev/null < $each; then break; fi
done
${beginRemoval}
${killGroups}
${own}
# What nodes wrote takes longest, and nobody can tell anything by it any more.
rm -rf --one-file-system $dir/[0-9]* & rest=$!
wait $early || making=unsure
if [ -n "$making" ]; then
${removeBridge}
fi
${removeGroups}
wait $rest || :
[ -z "$failed" ] || exit 1
rm -rf --one-file-system $dir $dir.new
`;
}
