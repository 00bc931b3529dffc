# shellcheck shell=bash
# Ends all containers whose names begin with `prefix`, side by side.
: "${prefix:?}"
stops=()
for name in $(lxc-ls -1 --active | grep "^$prefix"); do
  lxc-stop -k -n "$name" &
  stops+=($!)
done
for stop in "${stops[@]}"; do wait "$stop" || :; done
