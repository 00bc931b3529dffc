# shellcheck shell=bash
# take_lock FILE FD [-s]: takes the lock (flock(1)) on FILE by the descriptor FD, alone or shared. One that was removed
# while it was waited for is nobody's lock any more: then the one that took its place is taken.
take_lock() {
  local file=$1 fd=$2
  while :; do
    eval "exec $fd>>\"\$file\"" || exit
    flock ${3:+"$3"} "$fd" || exit
    if [ "$file" -ef "/proc/self/fd/$fd" ]; then return; fi
  done
}
