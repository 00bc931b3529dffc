# shellcheck shell=bash
source ../host/shell/probe.sh
: "${keyring_file:?with the keys of the Debian archive}" "${keyring_package:?which has it}"
# The words before a command that make it root.
declare -a as_root

look_for_programs
look_for_file "$keyring_file" "$keyring_package"
[ -c /dev/net/tun ] || modinfo tun >/dev/null 2>&1 || echo lacks /dev/net/tun
tell_rights "${as_root[@]}"
