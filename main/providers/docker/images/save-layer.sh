# shellcheck shell=bash
# Keeps what a container is, that was surveyed, as `image`, in place of one that is there: only what it wrote is copied.
# Images that nobody asked for go.
source ./written-folders.sh
source ../../layers/trim-upper.sh
: "${image:?}" "${layer_label:?}" "${text:?of that label}"
: "${tree_label:?all our images have it}" "${repository:?of our images}"
: "${used:?a folder with a file for each image that was used}" "${keep_days:?for layers that nobody asks for}"

written_folders
trim_upper "$tree" "$upper"
engine commit --change "LABEL $layer_label=$text" --change 'CMD ["/sbin/init"]' --change 'ENTRYPOINT []' \
  "$container" "$image" >/dev/null
mkdir -p "$used"
: > "$used/${image##*:}"
find "$used" -name 'layer-*' -mtime "+$keep_days" | while read -r old; do
  # It stays while containers are made of it.
  engine image rm "$repository:${old##*/}" >/dev/null 2>&1 || :
  engine image inspect "$repository:${old##*/}" >/dev/null 2>&1 || rm -f "$old"
done
# Of those that lost their name to a newer one.
engine image prune -f --filter "label=$tree_label" >/dev/null 2>&1 || :
