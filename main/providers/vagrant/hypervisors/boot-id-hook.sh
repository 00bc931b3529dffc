#!/bin/sh
# A container has its host's boot id (proc(5)), by which nobody could tell that it was rebooted. LXC runs this on the
# main host at each boot of one, before its init starts (lxc.container.conf(5), lxc.hook.mount). The file is a new one
# each time: the last boot's, which may still be mounted, stays as it was. A container boots without, if it must.
there=$LXC_ROOTFS_MOUNT/proc/sys/kernel/random/boot_id
file=${0%/*}/boot-id-$LXC_NAME
{ rm -f "$file" && cat /proc/sys/kernel/random/uuid > "$file" && mount --bind "$file" "$there"; } ||
  echo "this container has the boot id of its main host" >&2
exit 0
