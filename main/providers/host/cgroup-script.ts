/**
 * The part of the scripts that deals with cgroups, of both versions (cgroups(7)): all hierarchies of version 1, or the
 * one of version 2. Gives `groups`, the hierarchies' mount points; `own_group PATH`, which makes a cgroup in each;
 * `join_group PATH`, which puts the shell into one below such a cgroup, in the one hierarchy that it takes to be ended
 * with it; and `put FILE VALUE`, which sets a limit of the cgroup `$node_group` in the hierarchy that has such a file.
 */
export const cgroupFunctions = `
groups=()
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then groups=(/sys/fs/cgroup); else
  for g in /sys/fs/cgroup/*; do
    if [ ! -L $g ] && [ -e $g/cgroup.procs ]; then groups+=($g); fi
  done
fi
[ \${#groups[@]} -gt 0 ] || die 'there are no cgroups below /sys/fs/cgroup'
own_group() {
  local g file paths=()
  for g in "\${groups[@]}"; do paths+=($g/$1); done
  mkdir -p "\${paths[@]}"
  for g in "\${paths[@]}"; do
    # Version 1's cpusets begin empty, and then take no process.
    if [ -e $g/cpuset.cpu_exclusive ]; then
      for file in cpuset.cpus cpuset.mems; do echo "$(<$g/../$file)" > $g/$file; done
    fi
  done
}
join_group() {
  local g
  for g in /sys/fs/cgroup/freezer /sys/fs/cgroup; do
    if [ -e $g/\${1%/*} ]; then mkdir -p $g/$1; echo $BASHPID > $g/$1/cgroup.procs; return; fi
  done
}
share_controllers() {
  local controller
  [ -e $1/cgroup.subtree_control ] || return 0
  for controller in cpu cpuset io memory pids; do
    { echo +$controller > $1/cgroup.subtree_control; } 2>/dev/null || :
  done
}
put() {
  local g
  for g in "\${groups[@]}"; do
    if [ -e $g/$node_group/$1 ]; then echo "$2" > $g/$node_group/$1; return; fi
  done
  return 1
}`;

/**
 * Makes the cluster's cgroup `$cgroup` (`shakedown/a1b2c3`), and puts the script itself into a part of it, so that
 * destroying the cluster also ends whoever is still making it. On version 2 only cgroups without processes may hand
 * controllers down.
 */
export const makeClusterGroup = `
own_group \${cgroup%/*}; share_controllers /sys/fs/cgroup; share_controllers /sys/fs/cgroup/\${cgroup%/*}
own_group $cgroup; share_controllers /sys/fs/cgroup/$cgroup
join_group $cgroup/make`;

/** Limits of one node, as lines that call `put`: bytes, cores, processes. */
export function limitLines(limits: { memory?: number; cpus?: number; pids?: number }): readonly string[] {
  const { memory, cpus, pids } = limits;
  const no = (what: string) => `die "this machine's kernel cannot limit the ${what} of a node"`;
  const quota = Math.round((cpus ?? 0) * 100_000);
  return [
    ...(memory === undefined
      ? []
      : [
          `put memory.limit_in_bytes ${memory} || put memory.max ${memory} || ${no('memory')}`,
          // Swap would let a node have more than it was given, slowly. Not every kernel counts it.
          `put memory.memsw.limit_in_bytes ${memory} || put memory.swap.max 0 || :`,
        ]),
    ...(cpus === undefined
      ? []
      : [`put cpu.cfs_quota_us ${quota} || put cpu.max '${quota} 100000' || ${no('cores')}`]),
    ...(pids === undefined ? [] : [`put pids.max ${pids} || ${no('processes')}`]),
  ];
}

/**
 * Ends all processes in the cluster's cgroups. Killing systemd-nspawn would leave its container running, and killing
 * one by one would race with forks: they are frozen, killed, and let go to die, until there are none. Nodes that
 * someone had frozen are let go as well.
 */
export const killGroups = `
groups=(/sys/fs/cgroup/$cgroup /sys/fs/cgroup/*/$cgroup)
freezer=/sys/fs/cgroup/freezer/$cgroup
freeze() { if [ -e $freezer/freezer.state ]; then echo FROZEN > $freezer/freezer.state || :; fi; }
thaw() {
  if [ ! -e $freezer ]; then return; fi
  find $freezer -name freezer.state 2>/dev/null | while read -r state; do echo THAWED > $state || :; done
}
pids=
for round in {1..200}; do
  if [ \${#groups[@]} -eq 0 ]; then break; fi
  freeze
  pids=$(find "\${groups[@]}" -name cgroup.procs -exec cat {} + 2>/dev/null | sort -u | grep -vx -e $$ -e 0 || :)
  if [ -n "$pids" ]; then kill -KILL $pids 2>/dev/null || :; fi
  for g in "\${groups[@]}"; do if [ -e $g/cgroup.kill ]; then echo 1 > $g/cgroup.kill || :; fi; done
  thaw
  if [ -z "$pids" ]; then break; fi
  # Most are gone in a moment; what hangs in the kernel is given seconds.
  if [ $round -lt 10 ]; then sleep 0.004; else sleep 0.02; fi
done
[ -z "$pids" ] || fail "these processes do not end:" $pids`;

/** Removes the cluster's cgroups, deepest first, and the one of all clusters of its kind if it was the last. */
export const removeGroups = `
for try in {1..20}; do
  left=()
  for g in "\${groups[@]}"; do if [ -e $g ]; then left+=($g); fi; done
  if [ \${#left[@]} -eq 0 ]; then break; fi
  find "\${left[@]}" -depth -type d -exec rmdir {} + 2>/dev/null || sleep 0.02
done
for g in "\${left[@]}"; do
  [ ! -e $g ] || fail "the cgroup $g cannot be removed"
done
flock 9
rmdir /sys/fs/cgroup/\${cgroup%/*} /sys/fs/cgroup/*/\${cgroup%/*} 2>/dev/null || :
flock -u 9`;
