# shellcheck shell=bash
# Ends what runs in cgroups and removes them, in whatever hierarchies they are. The caller has `fail`, which
# tells what could not be done.

# kill_group GROUP: ends all processes in it and below. To kill systemd-nspawn would leave its container
# running, and to kill one process after the other would race with forks. So all are frozen, killed and let
# go to die, until there are none. What somebody had frozen is let go as well.
kill_group() {
  local group=$1 freezer=/sys/fs/cgroup/freezer/$1 paths path round pids=()
  paths=("/sys/fs/cgroup/$group" /sys/fs/cgroup/*/"$group")
  for round in {1..200}; do
    if [ -e "$freezer/freezer.state" ]; then echo FROZEN > "$freezer/freezer.state" || :; fi
    mapfile -t pids < <(processes_below "${paths[@]}")
    if [ ${#pids[@]} -gt 0 ]; then kill -KILL "${pids[@]}" 2>/dev/null || :; fi
    for path in "${paths[@]}"; do
      if [ -e "$path/cgroup.kill" ]; then echo 1 > "$path/cgroup.kill" || :; fi
    done
    thaw_below "$freezer"
    if [ ${#pids[@]} -eq 0 ]; then return; fi
    # Most are gone in a moment; what hangs in the kernel is given seconds.
    if [ "$round" -lt 10 ]; then sleep 0.004; else sleep 0.02; fi
  done
  fail "these processes do not end: ${pids[*]}"
}

# Those that are in the groups with these folders, without this shell; 0 stands for one that we cannot see.
processes_below() {
  find "$@" -name cgroup.procs -exec cat {} + 2>/dev/null | sort -u | grep -vx -e $$ -e 0 || :
}

thaw_below() {
  local state
  if [ ! -e "$1" ]; then return; fi
  find "$1" -name freezer.state 2>/dev/null | while read -r state; do echo THAWED > "$state" || :; done
}

# remove_groups_below GROUP: those without processes; it stays itself.
remove_groups_below() {
  local path
  for path in "/sys/fs/cgroup/$1" /sys/fs/cgroup/*/"$1"; do
    find "$path" -mindepth 1 -depth -type d -exec rmdir {} + 2>/dev/null || :
  done
}

# remove_cluster_group GROUP (`KIND/ID`): deepest first, and the one of all clusters of its kind if this was
# the last. Descriptor 9 is the lock of the kind.
remove_cluster_group() {
  local path paths left=()
  paths=("/sys/fs/cgroup/$1" /sys/fs/cgroup/*/"$1")
  for _ in {1..20}; do
    left=()
    for path in "${paths[@]}"; do if [ -e "$path" ]; then left+=("$path"); fi; done
    if [ ${#left[@]} -eq 0 ]; then break; fi
    find "${left[@]}" -depth -type d -exec rmdir {} + 2>/dev/null || sleep 0.02
  done
  for path in "${left[@]}"; do
    [ ! -e "$path" ] || fail "the cgroup $path cannot be removed"
  done
  flock 9
  rmdir "/sys/fs/cgroup/${1%/*}" /sys/fs/cgroup/*/"${1%/*}" 2>/dev/null || :
  flock -u 9
}
