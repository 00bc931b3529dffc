# shellcheck shell=bash
# What a node writes lies in `$home/disk`: `upper` and `work` of its overlay (overlayfs in the kernel's
# documentation).

# make_disk HOME BYTES NODE: makes room for it; without BYTES it may grow as its file system does. A limited
# disk is an ext4 file system in a file that takes space as it fills. Where there are no loop devices it is a
# tmpfs, whose contents count as the node's memory.
make_disk() {
  local home=$1 bytes=$2 node=$3 loop
  if [ -z "$bytes" ]; then return; fi
  truncate -s "$bytes" "$home/disk.img"
  mke2fs -q -F -t ext4 -m 0 -O ^has_journal -E lazy_itable_init=1 "$home/disk.img" >&2
  # In a container /dev may lack the next one.
  loop=$(losetup -f 2>/dev/null || :)
  if [ -n "$loop" ] && [ ! -e "$loop" ]; then mknod "$loop" b 7 "${loop#/dev/loop}" || :; fi
  if ! mount -o loop,discard,noatime "$home/disk.img" "$home/disk" 2>/dev/null; then
    mount -t tmpfs -o "size=$bytes" tmpfs "$home/disk"
    rm "$home/disk.img"
    echo "note node $node: there is no loop device for its limited disk, which is in memory instead"
  fi
}

# mount_root HOME [VOLATILE]: puts the overlay over the node's tree, and its layer where it has one, at `root`.
# A volatile one leaves out all writing through, where the kernel can (5.10).
mount_root() {
  local below=$1/tree
  if [ -e "$1/layer" ]; then below=$1/layer/upper:$below; fi
  local options="lowerdir=$below,upperdir=$1/disk/upper,workdir=$1/disk/work"
  if [ -n "${2-}" ] && mount -t overlay overlay -o "$options,volatile" "$1/root" 2>/dev/null; then return; fi
  mount -t overlay overlay -o "$options" "$1/root"
}
