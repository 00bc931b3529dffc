# shellcheck shell=bash
# Cgroups of both versions (cgroups(7)). `hierarchies` has their mount points: all of version 1, or the one
# of version 2. A group is named by its path below each of them: shakedown/a1b2c3/0.

hierarchies=()
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  hierarchies=(/sys/fs/cgroup)
else
  for hierarchy in /sys/fs/cgroup/*; do
    if [ ! -L "$hierarchy" ] && [ -e "$hierarchy/cgroup.procs" ]; then hierarchies+=("$hierarchy"); fi
  done
fi
[ ${#hierarchies[@]} -gt 0 ] || die 'there are no cgroups below /sys/fs/cgroup'

# own_group GROUP: makes it in every hierarchy.
own_group() {
  local path file paths=("${hierarchies[@]/%//$1}")
  mkdir -p "${paths[@]}"
  for path in "${paths[@]}"; do
    # Version 1's cpusets begin empty, and then take no process.
    if [ -e "$path/cpuset.cpu_exclusive" ]; then
      for file in cpuset.cpus cpuset.mems; do echo "$(<"$path/../$file")" > "$path/$file"; done
    fi
  done
}

# enter_group GROUP: puts this shell into it, in every hierarchy.
enter_group() {
  local path
  for path in "${hierarchies[@]/%//$1}"; do echo "$BASHPID" > "$path/cgroup.procs" || return 1; done
}

# join_group GROUP: puts this shell into it, in the one hierarchy in which it takes to be ended with the
# group above.
join_group() {
  local hierarchy
  for hierarchy in /sys/fs/cgroup/freezer /sys/fs/cgroup; do
    if [ -e "$hierarchy/${1%/*}" ]; then
      mkdir -p "$hierarchy/$1"
      echo "$BASHPID" > "$hierarchy/$1/cgroup.procs"
      return
    fi
  done
}

# share_controllers GROUP: lets the groups below have controllers. On version 2 only a group without
# processes may.
share_controllers() {
  local controller file=/sys/fs/cgroup/$1/cgroup.subtree_control
  [ -e "$file" ] || return 0
  for controller in cpu cpuset io memory pids; do
    { echo "+$controller" > "$file"; } 2>/dev/null || :
  done
}

# make_cluster_group GROUP (`KIND/ID`): makes it, and puts this shell into a part of it, so that whoever
# destroys the cluster also ends whoever is still making it. The caller holds the lock of the kind.
make_cluster_group() {
  local kind=${1%/*}
  own_group "$kind"; share_controllers .; share_controllers "$kind"
  own_group "$1"; share_controllers "$1"
  join_group "$1/make"
}

# put_limit GROUP FILE VALUE: in the hierarchy that has such a file; fails where none has.
put_limit() {
  local path
  for path in "${hierarchies[@]/%//$1}"; do
    if [ -e "$path/$2" ]; then echo "$3" > "$path/$2"; return; fi
  done
  return 1
}

# limit_group GROUP MEMORY CPU PROCESSES: bytes, and µs in each 100 ms; what is empty is not limited.
limit_group() {
  local group=$1 memory=$2 cpu=$3 processes=$4
  if [ -n "$memory" ]; then
    put_limit "$group" memory.limit_in_bytes "$memory" || put_limit "$group" memory.max "$memory" ||
      no_limit memory
    # Swap would let a node have more than it was given, slowly. Not every kernel counts it.
    put_limit "$group" memory.memsw.limit_in_bytes "$memory" || put_limit "$group" memory.swap.max 0 || :
  fi
  if [ -n "$cpu" ]; then
    put_limit "$group" cpu.cfs_quota_us "$cpu" || put_limit "$group" cpu.max "$cpu 100000" || no_limit cores
  fi
  if [ -n "$processes" ]; then put_limit "$group" pids.max "$processes" || no_limit processes; fi
}

no_limit() { die "this machine's kernel cannot limit the $1 of a node"; }
