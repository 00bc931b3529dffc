# shellcheck shell=bash
# snapshot-container.sh take|let_go|put_back: a snapshot of the container `container` with the name `snapshot` is a copy
# of its disk in its own folder, with which LXC removes it. What hinders is told in the last line.
: "${container:?}" "${snapshot:?}"
home=$(lxc-config lxc.lxcpath)/$container
copy=$home/snapshot-$snapshot

# Its processes are held still meanwhile.
take() {
  local state
  grep -Eq '^lxc.rootfs.path *= *(dir:|/)' "$home/config" || die 'its disk is not a folder of the main host'
  rm -rf --one-file-system "$copy.new"
  state=$(lxc-info -s -H -n "$container")
  if [ "$state" = RUNNING ]; then lxc-freeze -n "$container"; fi
  cp -a -x --reflink=auto "$home/rootfs" "$copy.new"
  if [ "$state" = RUNNING ]; then lxc-unfreeze -n "$container"; fi
  rm -rf --one-file-system "$copy"
  mv "$copy.new" "$copy"
}

# After a take that was broken off.
let_go() { lxc-unfreeze -n "$container"; }

# It is off afterwards.
put_back() {
  [ -d "$copy" ] || die "it has no snapshot '$snapshot'"
  rm -rf --one-file-system "$home/rootfs.new"
  cp -a -x --reflink=auto "$copy" "$home/rootfs.new"
  lxc-unfreeze -n "$container" 2>/dev/null || :
  lxc-stop -k -n "$container" 2>/dev/null || :
  rm -rf --one-file-system "$home/rootfs"
  mv "$home/rootfs.new" "$home/rootfs"
}

"$1"
