# shellcheck shell=bash
# start_machine NODE HOME GROUP WORD…: starts the machine whose folder is HOME in a session and a cgroup of its own, with
# these words added to QEMU's command line, and returns when its monitor can be asked. The caller has the functions of
# cgroups.sh or no-cgroups.sh.
start_machine() {
  local node=$1 home=$2 group=$3 pid file
  shift 3
  rm -f "$home/monitor.sock" "$home/port.sock"
  own_group "$group"
  (
    enter_group "$group"
    exec setsid bash "$home/start" "$@" </dev/null >>"$home/qemu.log" 2>&1
  ) &
  pid=$!
  for _ in {1..500}; do
    if [ -S "$home/monitor.sock" ] && [ -S "$home/port.sock" ]; then break; fi
    kill -0 $pid 2>/dev/null || { tail -n 8 "$home/qemu.log" >&2; die "QEMU could not start node $node"; }
    sleep 0.02
  done
  # With sudo: whoever called reads and writes these.
  [ -n "${SUDO_UID:-}" ] || return 0
  for file in "$home"/*.sock "$home/net" "$home/identity" "$home/shares"; do
    [ ! -e "$file" ] || chown "$SUDO_UID" "$file"
  done
}
