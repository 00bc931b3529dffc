# shellcheck shell=bash
# For a shell of its own that watches over a cluster: it waits, and starts no process while it does.

# An end of a pipe on which nothing ever comes.
exec {never}<> <(:)
# pause SECONDS
pause() { read -rt "$1" -u "$never"; }

# await_maker DIR PID START-TIME: returns when the process that made the cluster of that folder has died
# (proc(5), /proc/PID/stat, field 22; 0 for not known), and exits when the cluster is destroyed before.
await_maker() {
  while is_alive "$2" "$3"; do
    [ -e "$1/state.json" ] || exit
    pause 1
  done
}

is_alive() {
  local stat fields
  { read -r stat < "/proc/$1/stat"; } 2>/dev/null || return 1
  # The name in field 2 may have blanks; field 3 is the first after it.
  read -ra fields <<<"${stat##*) }"
  [ "$2" = 0 ] || [ "${fields[19]}" = "$2" ]
}
