# shellcheck shell=bash
# Makes the folder `home` with `disk.raw`, a file system of so many `kilobytes` with copies of the files and folders
# `sources` (an array), which are named by their places in it: 0, 1, …
: "${home:?}" "${kilobytes:?}"
declare -a sources
source ./discard.sh
mkdir -p "${home%/*}"
exec 8>>"$home.lock"; flock 8
[ ! -e "$home" ] || exit 0
part=$home.part
rm -rf "$part"; mkdir -p "$part/files"
for index in "${!sources[@]}"; do
  cp -aL --reflink=auto "${sources[index]}" "$part/files/$index"
done
chown -R 0:0 "$part/files"
mke2fs -q -t ext4 -O ^has_journal -m 0 -N 4096 -d "$part/files" "$part/disk.raw" "${kilobytes}K"
rm -r "$part/files"
mv -T "$part" "$home"
discard_unused "$home"
