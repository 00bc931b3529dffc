# shellcheck shell=bash
# Keeps the disk of a machine that was shut down as the layer `key` in the folder `layers`, in place of one that is there.
# It is renamed, and lies over the disk `base` alone: what the template brought is copied to it.
: "${disk:?}" "${base:?}" "${layers:?}" "${key:?}" "${about:?the text of about.json}" "${templates:?their folder}"
source ../images/discard.sh

mkdir -p "$layers"
# What a killed one left.
rm -rf --one-file-system "$layers/$key".part-*
new=$layers/$key.part-$$
mkdir "$new"
# A full disk must not leave half of it.
give_up() { rm -rf --one-file-system "$new"; exit 1; }
qemu-img rebase -t unsafe -f qcow2 -F qcow2 -b "$base" "$disk" >&2 || give_up
mv -T "$disk" "$new/disk.qcow2" || give_up
printf '%s\n' "$about" > "$new/about.json" || give_up
sync -f "$new" || give_up
build=$layers/$key.$(date +%s).$$
mv -T "$new" "$build"
ln -sfn "${build##*/}" "$layers/$key.link-$$"; mv -T "$layers/$key.link-$$" "$layers/$key"
for old in "$layers/$key".[0-9]*; do
  if [ "$old" = "$build" ]; then continue; fi
  discard "$old"
  [ ! -e "$old" ] || continue
  grep -lsF "$old/" "$templates"/*/about.json | while read -r template; do discard "${template%/*}"; done || :
done
discard_unused "$build"
# Links to what went.
find -L "$layers" -maxdepth 1 -type l -delete
