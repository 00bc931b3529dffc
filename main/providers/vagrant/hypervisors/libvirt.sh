# shellcheck shell=bash
# Libvirt's machines and disks of this main host. Nothing is asked where it does not listen.
libvirt() { virsh -qc qemu:///system "$@"; }

has_libvirt() { command -v virsh >/dev/null && [ -S /run/libvirt/libvirt-sock ]; }

# volumes_of POOL: the names of its disks.
volumes_of() { libvirt vol-list "$1" | awk '{ print $1 }'; }
