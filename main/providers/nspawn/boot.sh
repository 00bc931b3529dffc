# shellcheck shell=bash
source ../host/shell/cgroups.sh

# boot_node HOME NODE GROUP: starts the node in a session of its own, so that it lives on when we end, and
# returns when its container runs. Descriptor 6 is the lock of the node.
boot_node() {
  local home=$1 node=$2 pid path
  setsid bash "$home/start" </dev/null >>"$home/console.log" 2>&1 6>&- &
  pid=$!
  for _ in {1..500}; do
    for path in "${hierarchies[@]/%//$3/run/payload}"; do
      if [ -e "$path" ]; then return; fi
    done
    kill -0 $pid 2>/dev/null || break
    sleep 0.02
  done
  if kill -0 $pid 2>/dev/null; then return; fi
  tail -n 8 "$home/console.log" >&2
  die "systemd-nspawn could not start node $node"
}
