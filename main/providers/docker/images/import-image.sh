# shellcheck shell=bash
# Imports an image from a base tree, unless it was imported from this build of it. Two that want it at once
# import it once; the tree stays while it is read.
source ../engines/engine.sh
source ../../debian/take-lock.sh
: "${tree:?the link to the tree}" "${image:?the name}" "${tree_label:?the label that names the build}"
: "${state_root:?where our files lie}"
# The words before tar: where trees are read.
declare -a namespace

mkdir -p "$state_root"
exec 6>>"$state_root/import.lock"
flock 6
take_lock "$tree.lock" 8 -s
build=$(readlink "$tree")
label="{{index .Config.Labels \"$tree_label\"}}"
old=$(engine image inspect --format '{{.Id}}' "$image" 2>/dev/null || :)
if [ "$(engine image inspect --format "$label" "$image" 2>/dev/null)" = "$build" ]; then exit 0; fi
set -o pipefail
# With the capabilities of files: ping has one.
"${namespace[@]}" tar --xattrs --xattrs-include=security.capability --numeric-owner \
  '--exclude=./dev/*' '--exclude=./proc/*' -C "$tree/" -c . |
  engine import -c "LABEL $tree_label=$build" -c 'CMD ["/sbin/init"]' - "$image" >&2
if [ -n "$old" ]; then engine image rm "$old" >/dev/null 2>&1 || :; fi
