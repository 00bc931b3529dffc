# shellcheck shell=bash
# Prints `CONTAINER KEY` for each of the containers $1, $2, …: the public host key of its ssh, read from within.
for name in "$@"; do
  echo "$name $(lxc-attach -n "$name" -- cat /etc/ssh/ssh_host_ed25519_key.pub || :)"
done
