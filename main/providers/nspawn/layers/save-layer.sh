# shellcheck shell=bash
# Keeps what a node is, that was surveyed, as the layer `key` in the folder `layers`, in place of one that is there. The
# node's files are renamed and not copied; it is whole on the disk before anyone sees it.
: "${home:?the folder of the node}" "${layers:?}" "${key:?}" "${about:?the text of layer.json}" "${description:?}"
: "${keep_days:?for layers that nobody asks for}"
source ../../layers/trim-upper.sh
source ../../debian/take-lock.sh
upper=$home/disk/upper

mkdir -p "$layers"
take_lock "$layers/$key.lock" 8
touch "$layers/$key.lock"
# What a killed one left.
rm -rf --one-file-system "$layers/$key".part-*
[ "$(stat -c %d "$upper")" = "$(stat -c %d "$layers")" ] || die "$layers is on another file system than the nodes"
trim_upper "$home/tree" "$upper"
new=$layers/$key.part-$$
mkdir "$new"
# A full disk must not leave half of it.
give_up() { rm -rf --one-file-system "$new"; exit 1; }
mv -T "$upper" "$new/upper" || give_up
printf '%s\n' "$about" > "$new/layer.json" || give_up
# Nothing of it was written through so far.
sync -f "$new" || give_up
source ../../debian/place-build.sh
place_build "$new" "$layers/$key" "$description"
