# shellcheck shell=bash
# Tells what our Podman lacks for the user with the arguments NAME UID. Podman itself would make files if it
# were asked.
source ../../host/shell/probe.sh

has_netavark() {
  local folder
  for folder in /usr/lib /usr/libexec /usr/local/libexec; do
    if [ -e "$folder/podman/netavark" ]; then return; fi
  done
  return 1
}

look_for_programs
[ -e /sys/fs/cgroup/cgroup.controllers ] || command -v runc >/dev/null || echo missing runc
# shellcheck disable=SC2119 # Those of ours.
tell_rights
if [ "$2" != 0 ]; then
  has_netavark || echo missing netavark
  look_at_user "$1" "$2"
fi
