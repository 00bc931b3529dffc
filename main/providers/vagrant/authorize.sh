# shellcheck shell=sh
# Lets the key `public_key` in, as vagrant's own user `vagrant_user` and as `user`, who gets an account and sudo if there
# is none yet. Runs on a machine as root.
: "${vagrant_user:?}" "${user:?}" "${public_key?}"
set -e

# authorize ACCOUNT
authorize() {
  home=$(getent passwd "$1" | cut -d: -f6)
  keys=$home/.ssh/authorized_keys
  [ -d "$home/.ssh" ] || mkdir -m 700 "$home/.ssh"
  touch "$keys"
  grep -qxF "$public_key" "$keys" || printf '%s\n' "$public_key" >> "$keys"
  chmod 600 "$keys"
  chown "$1:" "$home/.ssh" "$keys"
}

authorize "$vagrant_user"
if [ "$user" = "$vagrant_user" ]; then exit; fi
if [ "$user" != root ]; then
  id -u "$user" >/dev/null 2>&1 || useradd -m -s /bin/bash "$user"
  printf '%s ALL=(ALL:ALL) NOPASSWD: ALL\n' "$user" > /etc/sudoers.d/shakedown
  chmod 440 /etc/sudoers.d/shakedown
fi
authorize "$user"
