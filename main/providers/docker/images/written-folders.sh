# shellcheck shell=bash
# Sets `upper` to the folder with what the container wrote, and `tree` to what it lies over, when nobody has both mounted
# any more.
source ../engines/engine.sh
: "${container:?its name, which is off}"

written_folders() {
  local folders merged
  folders=$(engine container inspect --format \
    '{{.GraphDriver.Data.UpperDir}}|{{.GraphDriver.Data.LowerDir}}|{{.GraphDriver.Data.MergedDir}}' "$container")
  IFS='|' read -r upper tree merged <<<"$folders"
  # It lies over one image, of one layer; Docker lays what it writes itself between.
  tree=${tree##*:}
  if [ ! -d "$upper" ] || [ ! -d "$tree/var/lib/dpkg" ]; then die "what $container wrote is not to be found: $folders"; fi
  for _ in {1..500}; do
    grep -qF " $merged " /proc/self/mounts || return 0
    sleep 0.02
  done
  die "$merged is still mounted"
}
