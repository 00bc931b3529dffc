# shellcheck shell=bash
# Makes the machines of a cluster of a user who cannot be root, in namespaces that are there already. Prints `net 10.x.y`
# when all machines run.
: "${network:?slirp, or user for QEMU’s own}"
source ./no-cgroups.sh
source ./make-machines.sh

# Nobody else has a network here, so the first will do.
net=${subnets[0]} mtu=1500
if [ "$network" = slirp ]; then
  # slirp4netns is at tap0; the machines' own links come to it on a bridge.
  ip -batch - <<LINKS
link set lo up
link add $bridge mtu $mtu type bridge
link set $bridge up
link set tap0 master $bridge up
LINKS
fi
make_machines
