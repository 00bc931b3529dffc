# shellcheck shell=bash
# Takes away what a build of the tree `tree` that was killed left, unless another one is under way.
: "${tree:?}"
[ -e "$tree.lock" ] || exit 0
exec 8>>"$tree.lock"; flock -n 8 || exit 0
# The last of its processes may be at work still.
for _ in 1 2 3 4 5; do rm -rf --one-file-system "$tree".part-* && break; sleep 1; done
