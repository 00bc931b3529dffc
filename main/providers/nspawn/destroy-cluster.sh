# shellcheck shell=bash
# Takes away all of a cluster in whatever state it is, from its id alone.
source ../host/shell/remove-cluster.sh
: "${id:?}" "${dir:?}"

remove_own() {
  local path
  unmount_all
  for path in "/run/netns/sd-$id-"*; do
    ip netns delete "${path##*/}" || fail "the network namespace ${path##*/} cannot be removed"
  done
  await_disks
}

# Mounts deepest first; and what systemd-nspawn leaves in /run when it is killed.
unmount_all() {
  local path
  while read -r path; do
    rm -f "/run/systemd/nspawn/locks/inode-$(stat -c %d:%i "$path" 2>/dev/null)"
    umount "$path" 2>/dev/null || umount -l "$path" || fail "$path cannot be unmounted"
  done < <(awk '{print $2}' /proc/self/mounts | grep -E "^($dir/|/run/systemd/nspawn/.*/sd-$id-)" | sort -r)
  rm -rf --one-file-system /run/systemd/nspawn/{propagate,unix-export}/"sd-$id-"*
}

# A limited disk's loop device goes with the last mount of it (losetup(8), autoclear), and a container that
# is just being started beside ours may have a copy of all mounts for a moment.
await_disks() {
  for _ in {1..100}; do
    if ! has_disks; then return; fi
    sleep 0.01
  done
}

has_disks() {
  local file path
  for file in /sys/block/loop*/loop/backing_file; do
    if read -r path 2>/dev/null < "$file" && [[ $path == "$dir"/* ]]; then return; fi
  done
  return 1
}

remove_cluster
