# shellcheck shell=bash
# A program with the arguments DIR PID START-TIME PATH…: ends all processes of the cgroups with these paths
# when the process that made the cluster of that folder has died, unless the cluster was kept by then. What
# is left of it is for `reap`.
source ./await-maker.sh

dir=$1 pid=$2 start_time=$3
shift 3
await_maker "$dir" "$pid" "$start_time"
[ ! -e "$dir/kept" ] || exit
for _ in {1..100}; do
  mapfile -t pids < <(find "$@" -name cgroup.procs -exec cat {} + 2>/dev/null | sort -u | grep -vx -e $$ -e 0)
  [ ${#pids[@]} -gt 0 ] || exit
  kill -KILL "${pids[@]}" 2>/dev/null
  pause 0.05
done
