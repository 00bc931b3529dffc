# shellcheck shell=bash
# A program with the arguments DIR PID START-TIME: removes the cluster's containers when the process that
# made the cluster of that folder has died, unless the cluster was kept by then. What is left of it is for
# `reap`.
source ../../host/shell/await-maker.sh
source ../engines/engine.sh
: "${kept_mark:?the volume that says that the cluster is kept}" "${cluster_label:?NAME=VALUE}"
# Flags of `rm`.
declare -a remove_flags

await_maker "$@"
engine volume inspect "$kept_mark" >/dev/null && exit
for _ in 1 2 3; do
  mapfile -t names < <(engine ps -aq --filter "label=$cluster_label")
  [ ${#names[@]} -gt 0 ] || exit
  engine rm "${remove_flags[@]}" "${names[@]}"
done
