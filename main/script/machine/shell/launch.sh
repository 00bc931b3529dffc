# shellcheck shell=sh
# Starts the script. It tells its process group in `group`, for signals, and outlives SIGTERM to tell the script's exit
# code. When the script has ended it ends what still holds its output (else the channel would stay open as long as a
# server that was started in the background), and tells that in `held`; what else is left of it, in `left`.
: "${base:?our folder on the machine}" "${work:?where it starts}" "${environment?exports}" "${command:?with its arguments}"

umask 022
cd "$work" || exit 125
if [ -f "$base/cgroup" ]; then
  read -r cgroup <"$base/cgroup"
  { echo 0 >"$cgroup/cgroup.procs"; } 2>/dev/null || cgroup=
else
  cgroup=
fi
trap : TERM INT HUP
read -r _ _ _ _ group _ <"/proc/$$/stat" && echo "$group" >"$base/group"
(
  unset base work cgroup group
  eval "unset environment command
$environment
exec $command"
)
code=$?

# Ourselves and those above us: sshd has its end of the output.
above=" "
pid=$$
while [ "${pid:-0}" -gt 1 ]; do
  above="$above$pid "
  read -r stat <"/proc/$pid/stat" || break
  stat=${stat##*) }
  stat=${stat#* }
  pid=${stat%% *}
done 2>/dev/null
out=$(readlink "/proc/$$/fd/1" | sed 's/[][]/\\&/g')
err=$(readlink "/proc/$$/fd/2" | sed 's/[][]/\\&/g')
case $out in pipe:* | socket:* | /dev/pts/*) ;; *) out=none ;; esac
case $err in pipe:* | socket:* | /dev/pts/*) ;; *) err=none ;; esac
# Ours are closed first, so that what we start for the search is not found.
exec </dev/null >/dev/null 2>&1

holders() {
  find /proc/[0-9]*/fd -maxdepth 1 '(' -lname "$out" -o -lname "$err" ')' | cut -d/ -f3 | sort -u |
    while read -r pid; do
      case $above in *" $pid "*) ;; *) echo "$pid" ;; esac
    done
}
tell() {
  for pid; do
    printf '%s (%s) ' "$pid" "$(tr '\0' ' ' <"/proc/$pid/cmdline" | cut -c1-60 | sed 's/ *$//')"
  done
}

found=$(holders)
if [ -n "$found" ]; then
  # shellcheck disable=SC2086 # a list of numbers
  tell $found >"$base/held"
  # shellcheck disable=SC2086
  kill -s TERM $found
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    [ -n "$(holders)" ] || break
    sleep 0.1
  done
  found=$(holders)
  # shellcheck disable=SC2086
  [ -z "$found" ] || kill -s KILL $found
fi
if [ -n "$cgroup" ]; then
  # By nothing that would be in it, too.
  found=
  while read -r pid; do
    case $above in *" $pid "*) ;; *) found="$found $pid" ;; esac
  done <"$cgroup/cgroup.procs"
  # shellcheck disable=SC2086
  [ -z "$found" ] || tell $found >"$base/left"
fi
exit "$code"
