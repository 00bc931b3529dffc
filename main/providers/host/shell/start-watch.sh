# shellcheck shell=bash
source ./cgroups.sh
: "${dir:?the folder of the cluster}" "${cgroup:?its own}"
: "${watch_program:?the text of watch.sh}" "${maker_pid:?}" "${maker_start:?}"

# Starts a watch that ends the cluster's processes when the process that made it has died, unless it was kept
# by then.
start_watch() {
  setsid bash -c "$watch_program" watch "$dir" "$maker_pid" "$maker_start" "${hierarchies[@]/%//$cgroup}" \
    </dev/null >/dev/null 2>&1 8>&- 9>&- &
}
