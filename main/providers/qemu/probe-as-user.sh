# shellcheck shell=bash
# For a user who cannot be root, with the arguments NAME UID.
source ../host/shell/probe.sh
: "${keyring_file:?with the keys of the Debian archive}" "${keyring_package:?which has it}"

look_for_programs
look_for_file "$keyring_file" "$keyring_package"
look_at_user "$1" "$2"
