# shellcheck shell=bash
# Prints the names of all containers, virtual machines and disks, a line each, as LXC and libvirt themselves know them:
# vagrant knows a machine only once it is whole.
source ./libvirt.sh
exec 2>/dev/null
if command -v lxc-config >/dev/null; then ls -1 "$(lxc-config lxc.lxcpath)" || :; fi
has_libvirt || exit 0
libvirt list --all --name || :
for pool in $(libvirt pool-list --name || :); do volumes_of "$pool" || :; done
