# shellcheck shell=bash
# Takes away all of a cluster in whatever state it is, by its names alone. A program that sources this defines
# `remove_own`, which takes away what the kind of machine has besides, and calls `remove_cluster`.
source ./remove-cgroups.sh
source ./remove-network.sh
: "${id:?of the cluster}" "${dir:?its folder}" "${cgroup:?its own}" "${lock_file:?of its kind}"

failed=
# What will not go is told, and the rest is taken away all the same.
fail() { echo "$*" >&2; failed=1; }

remove_cluster() {
  local rest making
  exec 9>>"$lock_file"
  # Two who destroy the same cluster would trip over each other: the second finds nothing left.
  if [ -e "$dir" ]; then exec 7<"$dir"; flock 7; fi
  making=$(maker)
  begin_removing_bridge
  kill_group "$cgroup"
  remove_own
  # What nodes wrote takes longest, and nobody can tell anything by it any more.
  rm -rf --one-file-system "$dir"/[0-9]* & rest=$!
  wait "$early" || making=unsure
  # Whoever was making it may have made links after we looked for them.
  if [ -n "$making" ]; then remove_bridge; fi
  remove_cluster_group "$cgroup"
  wait "$rest" || :
  [ -z "$failed" ] || exit 1
  # The state goes last: until then everybody sees that something is left.
  rm -rf --one-file-system "$dir" "$dir.new"
}

# A process that is still making the cluster; nothing where there is none.
maker() {
  local file pid
  for file in /sys/fs/cgroup/{,freezer/}"$cgroup"/make/cgroup.procs; do
    if read -r pid 2>/dev/null < "$file"; then echo "$pid"; return; fi
  done
}
