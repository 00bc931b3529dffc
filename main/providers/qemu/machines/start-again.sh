# shellcheck shell=bash
# Starts a machine that exists and is off; leaves one that is on alone. The caller has the functions of cgroups.sh or
# no-cgroups.sh.
: "${node:?its number}" "${home:?its folder}" "${group:?its cgroup}"
source ./start-machine.sh

[ -e "$home/start" ] || die "there is no such machine: node $node"
# One that was just switched off may still be on its way.
for _ in {1..500}; do
  running=$(cat /sys/fs/cgroup/{,*/}"$group"/cgroup.procs 2>/dev/null || :)
  [ -n "$running" ] || break
  sleep 0.02
done
[ -z "$running" ] || exit 0
start_machine "$node" "$home" "$group"
