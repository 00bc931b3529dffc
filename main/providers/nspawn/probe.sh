# shellcheck shell=bash
source ../host/shell/probe.sh
: "${keyring_file:?with the keys of the Debian archive}" "${keyring_package:?which has it}"
# The words before a command that make it root.
declare -a as_root

look_for_programs
look_for_file "$keyring_file" "$keyring_package"
grep -qw overlay /proc/filesystems || modinfo overlay >/dev/null 2>&1 || echo lacks overlayfs
[ -e /sys/fs/cgroup/cgroup.controllers ] || [ -e /sys/fs/cgroup/memory ] || echo lacks cgroups
tell_rights "${as_root[@]}"
