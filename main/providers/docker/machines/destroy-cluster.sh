# shellcheck shell=bash
# Takes a cluster away from one engine, from its id alone, in whatever state it is. The nodes whose folders
# are there go unasked: each question takes an engine as long as a removal. What was under way when its maker
# was killed may come to be after a first look, so it looks until nothing new is there.
source ../engines/engine.sh
source ../../host/shell/remove-cgroups.sh
source ../../host/shell/remove-network.sh
: "${id:?of the cluster}" "${dir:?its folder}" "${cgroup:?of its containers where we make the network}"
: "${kept_mark:?the volume that says that the cluster is kept}" "${cluster_label:?NAME of the label}"
: "${network?where the engine makes it}" "${network_file?of an engine that may forget it}"
: "${namespace_prefix:?of our namespaces}" "${group_lock:?held while the last cgroup is removed}"
# Flags of `ps` and of `rm`.
declare -a list_flags remove_flags

failed=
# What will not go is told, and the rest is taken away all the same.
fail() { echo "$*" >&2; failed=1; }

remove_containers() {
  local names=() said='' known=("$dir"/[0-9]*/)
  known=("${known[@]%/}")
  if [ ${#known[@]} -gt 0 ]; then
    engine rm "${remove_flags[@]}" "${known[@]/#*\//shakedown-$id-}" >/dev/null 2>&1 || :
  fi
  for _ in {1..10}; do
    mapfile -t names < <(containers)
    if [ ${#names[@]} -eq 0 ]; then return; fi
    said=$(engine rm "${remove_flags[@]}" "${names[@]}" 2>&1) || sleep 0.2
  done
  fail "these containers cannot be removed: ${names[*]} $said"
}

# By name, and by label where somebody renamed one.
containers() {
  local name="^shakedown-$id-[0-9]+\$" label="${cluster_label/./[.]}[:=]$id"
  engine ps "${list_flags[@]}" --format '{{.Names}} {{.Labels}}' |
    awk -v name="$name" -v label="$label" '$1 ~ name || $0 ~ label { print $1 }'
}

# What a Podman of root's that was killed half way may leave: containers that run, and that only its runtime
# knows.
remove_strays() {
  local runtime noted
  kill_group "$cgroup"
  exec 9>>"$group_lock"
  remove_cluster_group "$cgroup"
  for runtime in runc crun; do
    while read -r noted; do
      noted=${noted%/*}
      "$runtime" delete --force "${noted##*/}" >/dev/null 2>&1 || :
    done < <(grep -l "$cgroup/" "/run/$runtime"/*/state.json "/run/$runtime"/*/status 2>/dev/null)
  done
}

remove_engine_network() {
  local name said
  while read -r name; do
    said=$(engine network rm -f "$name" 2>&1) || fail "the network $name cannot be removed: $said"
  done < <(engine network ls --filter "name=^$network\$" --format '{{.Name}}')
  if [ -n "$network_file" ]; then rm -f "$network_file"; fi
}

remove_own_network() {
  local path
  for path in "/run/netns/$namespace_prefix"*; do
    ip netns delete "${path##*/}" || fail "the network namespace ${path##*/} cannot be removed"
  done
  wait "$early" || :
  remove_bridge
}

if [ -z "$network" ]; then begin_removing_bridge; fi
engine volume rm -f "$kept_mark" >/dev/null 2>&1 & mark=$!
remove_containers
wait $mark || :
if [ -n "$network" ]; then
  remove_engine_network
else
  remove_strays
  remove_own_network
fi
[ -z "$failed" ] || exit 1
