/**
 * Functions for what a node writes, which lies in `$home/disk`: `upper` and `work` of its overlay (overlayfs in the
 * kernel's documentation). `make_disk` makes room for it, `$disk` bytes large if that is set; `mount_root` puts the overlay of it
 * over the tree `$tree` at `$home/root`.
 *
 * A limited one is an ext4 file system in a file that takes space as it fills. Where there are no loop devices it is a
 * tmpfs, whose contents count as the node's memory.
 */
export const diskFunctions = `
make_disk() {
  if [ -n "$disk" ]; then
    truncate -s $disk $home/disk.img
    mke2fs -q -F -t ext4 -m 0 -O ^has_journal -E lazy_itable_init=1 $home/disk.img >&2
    # In a container /dev may lack the next one.
    loop=$(losetup -f 2>/dev/null || :)
    if [ -n "$loop" ] && [ ! -e $loop ]; then mknod $loop b 7 \${loop#/dev/loop} || :; fi
    if ! mount -o loop,discard,noatime $home/disk.img $home/disk 2>/dev/null; then
      mount -t tmpfs -o size=$disk tmpfs $home/disk
      rm $home/disk.img
      echo "note node $node: there is no loop device for its limited disk, which is in memory instead"
    fi
  fi
}
mount_root() {
  mount -t overlay overlay -o lowerdir=$tree,upperdir=$home/disk/upper,workdir=$home/disk/work $home/root
}`;
