# shellcheck shell=bash
# The program of a node's own, `start` in its folder: runs its container, and runs it again after each
# reboot. When it ends the node is off. What it is told stands before it, as make-node.sh wrote it.
: "${machine:?its name as a container}" "${node_name:?its host name}" "${root:?its root directory}"
: "${node_group:?its cgroup}" "${namespace:?}" "${link:?}" "${bridge:?}" "${mtu:?}" "${mac:?}" "${address:?}"
: "${gateway?}"
declare -a binds

set -u
shopt -s nullglob
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin LC_ALL=C
die() { echo "$*" >&2; exit 1; }
source ../host/shell/cgroups.sh

# What systemd-nspawn ends with when its container wants to be restarted (systemd-nspawn(1), `--keep-unit`).
wants_restart=133

# As by the plug: addresses, routes and rules of the boot before are gone, and the hardware address is the
# same. The namespace is the node's alone, so the node may rule it.
renew_network() {
  if [ -e "/sys/class/net/$link" ]; then ip link delete "$link"; fi
  if [ -e "/run/netns/$namespace" ]; then ip netns delete "$namespace"; fi
  ip -batch - <<LINKS || return
netns add $namespace
link add $link mtu $mtu type veth peer name host0 address $mac mtu $mtu netns $namespace
link set $link master $bridge up
LINKS
  ip -n "$namespace" -batch - <<LINKS
addr add $address/24 dev host0
link set lo up
link set host0 up
${gateway:+route add default via $gateway}
LINKS
}

# Systemds that share a cgroup kill each other's services, so the container is in one of its own, in every
# hierarchy, before it starts. It is a new one for each boot, below the node's, which holds its limits: on
# version 2 a group that hands controllers down has no processes of its own.
renew_group() {
  local left=("${hierarchies[0]}/$node_group"/run*)
  if [ ${#left[@]} -gt 0 ]; then
    find "${hierarchies[@]/%//$node_group/run}" -depth -type d -exec rmdir {} + 2>/dev/null
  fi
  own_group "$node_group/run"
}

# From 258 on systemd knows version 2 of cgroups alone; on a main host with both, systemd-nspawn would give
# it version 1. A library's name tells the version.
choose_cgroup_version() {
  local libraries=("$root"/usr/lib/*/systemd/libsystemd-shared-*.so) version
  version=${libraries[0]-}
  version=${version##*shared-}
  version=${version%%[!0-9]*}
  if [ "${version:-0}" -ge 258 ]; then export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1; fi
}

# What file systems of programs (GlusterFS, sshfs) are mounted by, where the kernel has it.
choose_devices() {
  devices=()
  if ! grep -qw fuse /proc/filesystems; then return; fi
  if [ ! -e /dev/fuse ]; then mknod -m 666 /dev/fuse c 10 229; fi
  if [ -e /dev/fuse ]; then devices=(--bind=/dev/fuse); fi
}

run_container() {
  enter_group "$node_group/run" || exit 1
  choose_cgroup_version
  # Its own network's settings, such as net.ipv4.ip_nonlocal_bind.
  export SYSTEMD_NSPAWN_API_VFS_WRITABLE=network
  exec systemd-nspawn -q -D "$root" -M "$machine" --hostname="$node_name" --register=no --keep-unit -b \
    --network-namespace-path="/run/netns/$namespace" --capability=CAP_NET_ADMIN \
    --resolv-conf=off --timezone=off --link-journal=no "${devices[@]}" "${binds[@]}"
}

join_group "$node_group/keeper"
choose_devices
while :; do
  renew_group
  renew_network || exit
  (run_container)
  ended=$?
  # The namespace outlives the container, and would answer pings.
  ip link set "$link" down
  if [ $ended != $wants_restart ]; then
    # On the console, for who waits for a node that never came up.
    echo "systemd-nspawn ended with $ended"
    exit
  fi
done
