# shellcheck shell=bash
# Takes the power from the machine `name` at once. `hypervisor`: lxc or libvirt.
: "${name:?}" "${hypervisor:?}"
source ./libvirt.sh
case $hypervisor in
  lxc) lxc-stop -k -n "$name" ;;
  libvirt) libvirt destroy "$name" ;;
esac
