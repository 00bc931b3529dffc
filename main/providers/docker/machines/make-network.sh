# shellcheck shell=bash
# The network of a cluster, which its engine makes, or we do. Root's Podman gets namespaces of ours, on a
# bridge of ours: those that it makes itself have random names, by which nobody would find them again when it
# is killed half way.
source ../../host/shell/make-network.sh
source ../engines/engine.sh
source ./namespace.sh
: "${network?name of the one that the engine makes}"
: "${network_lock:?held while a subnet is chosen}"
# Flags of `network create`.
declare -a network_flags

# Sets `net`; and `mtu` where we make it.
make_network() {
  # Who is not root can make no bridge, and nobody else's is in its way.
  if [ "$EUID" = 0 ]; then
    exec 9>>"$network_lock"
    flock 9
  fi
  if [ -n "$network" ]; then make_engine_network; else make_bridge; fi
  exec 9>&-
  [ -n "$network" ] || open_network
}

# An engine refuses a subnet that one of its own networks has, or that a route of this machine covers.
make_engine_network() {
  local subnet said range
  for subnet in "${subnets[@]}"; do
    net=$subnet
    range=(--subnet "$subnet.0/24" --gateway "$subnet.1")
    said=$(engine network create "${network_flags[@]}" "${range[@]}" "$network" 2>&1) && return
    [[ $said == *overlap* || $said == *'already used'* || $said == *conflict* ]] || die "$said"
  done
  die "no private subnet is free: $said"
}
