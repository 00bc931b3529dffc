import { clusterNames } from './names.ts';

/**
 * The script that takes away all of a cluster in whatever state it is, from its id alone. Killing systemd-nspawn would
 * leave its container running, so all processes of the cluster's cgroups are frozen and killed, until there are none.
 */
export function destroyScript(id: string): string {
  const { directory, bridge, table, cgroup } = clusterNames(id);
  return `
shopt -s nullglob
freezer=/sys/fs/cgroup/freezer/${cgroup}
groups=(/sys/fs/cgroup/${cgroup} /sys/fs/cgroup/*/${cgroup})
for round in $(seq 100); do
  pids=
  if [ -e $freezer/freezer.state ]; then echo FROZEN > $freezer/freezer.state || true; fi
  for g in "\${groups[@]}"; do
    if [ -e $g ]; then pids="$pids $(find $g -name cgroup.procs -exec cat {} + 2>/dev/null || true)"; fi
    if [ -e $g/cgroup.kill ]; then echo 1 > $g/cgroup.kill; fi
  done
  pids=$(echo $pids | tr ' ' '\\n' | sort -u | grep -vx -e "$$" -e 0 || true)
  if [ -n "$pids" ]; then kill -9 $pids 2>/dev/null || true; fi
  if [ -e $freezer/freezer.state ]; then echo THAWED > $freezer/freezer.state || true; fi
  [ -n "$pids" ] || break
  sleep 0.02
done
[ -z "$pids" ] || { echo "these processes will not end: $pids" >&2; exit 1; }
awk '{print $2}' /proc/self/mounts | grep '^${directory}/' | sort -r | while read -r mount; do
  umount "$mount" 2>/dev/null || umount -l "$mount"
done
for ns in /run/netns/sd-${id}-*; do ip netns delete "$(basename $ns)"; done
for link in /sys/class/net/${bridge} /sys/class/net/${bridge}v*; do
  ip link delete "$(basename $link)" 2>/dev/null || true
done
nft delete table ip ${table} 2>/dev/null || true
for g in "\${groups[@]}"; do
  for try in 1 2 3 4 5 6 7 8 9 10; do
    [ -e $g ] || break
    find $g -depth -type d -exec rmdir {} + 2>/dev/null || sleep 0.02
  done
  [ ! -e $g ] || { echo "the cgroup $g cannot be removed" >&2; exit 1; }
done
rm -rf --one-file-system ${directory}
`;
}
