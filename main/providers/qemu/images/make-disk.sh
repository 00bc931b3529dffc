# shellcheck shell=bash
# Makes `disk`, a qcow2, of the file system in the file `root`, with room for so many `bytes` more.
: "${disk:?}" "${root:?}" "${bytes:?}"
exec 8>>"$disk.lock"; flock 8
[ ! -e "$disk" ] || exit 0
trap 'rm -f "$disk.raw" "$disk.part"' EXIT
cp --sparse=always "$root" "$disk.raw"
truncate -s "+$bytes" "$disk.raw"
resize2fs -f "$disk.raw" >&2
qemu-img convert -f raw -O qcow2 "$disk.raw" "$disk.part" >&2
mv -T "$disk.part" "$disk"
