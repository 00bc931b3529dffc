# shellcheck shell=bash
# What a container has for a network where we make it: a namespace, and a link to the cluster's bridge.
: "${namespace_prefix:?of our namespaces, before the number of a node}" "${bridge:?the name of the link}"

# make_namespace NODE NET HOST: with the address NET.HOST. The hardware address is the same each time it is
# made.
make_namespace() {
  local namespace=$namespace_prefix$1 link=${bridge}v$1 net=$2 host=$3 id=${bridge#sk} mac mtu
  printf -v mac '02:%s:%s:%s:%02x:%02x' "${id:0:2}" "${id:2:2}" "${id:4:2}" $(($1 >> 8)) $(($1 & 255))
  mtu=$(<"/sys/class/net/$bridge/mtu")
  ip -batch - <<LINKS
netns add $namespace
link add $link mtu $mtu type veth peer name eth0 address $mac mtu $mtu netns $namespace
link set $link master $bridge up
LINKS
  ip -n "$namespace" -batch - <<LINKS
addr add $net.$host/24 dev eth0
link set lo up
link set eth0 up
route add default via $net.1
LINKS
}

# renew_namespace NODE HOST: as by the plug, addresses, routes and rules of the boot before are gone. No
# container is in it at that moment.
renew_namespace() {
  local address
  if [ -e "/sys/class/net/${bridge}v$1" ]; then ip link delete "${bridge}v$1"; fi
  if [ -e "/run/netns/$namespace_prefix$1" ]; then ip netns delete "$namespace_prefix$1"; fi
  address=$(ip -4 -o addr show dev "$bridge")
  [[ $address =~ inet\ ([0-9.]+)\.1/ ]] || die "the bridge $bridge has no address"
  make_namespace "$1" "${BASH_REMATCH[1]}" "$2"
}
