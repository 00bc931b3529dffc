# shellcheck shell=bash
# The first process of the namespaces of a cluster, with the arguments DIR PID START-TIME: when it ends the kernel ends
# all others there, and with their network goes all that is in it (pid_namespaces(7)). It ends with the process that made
# the cluster, unless that is kept, and when the cluster is destroyed.
source ../../host/shell/await-maker.sh

dir=$1 pid=$2 start_time=$3
# For whoever has the other end of the pipe, and is to end with this process.
exec 4<>"$dir/life"
# Its process id where the main host's are told: /proc is the main host's.
read -r self _ < /proc/self/stat
echo "$self" > "$dir/pid.new"; mv "$dir/pid.new" "$dir/pid"
await_maker "$dir" "$pid" "$start_time"
[ -e "$dir/kept" ] || exit
while [ -e "$dir/state.json" ]; do pause 2; done
