# shellcheck shell=sh
# Makes the script's folder, says `made PATH`, and holds it until stdin ends: at our word, or because we are dead. Then
# it ends the script and all that it left running, and removes the folder. After `keep` it leaves all as it is.
: "${name:?of our folder on the machine}" "${grouped?whether what is left running is to be ended}"

# A control group (cgroups(7), version 2) below our own, where one can be made: nothing that is started in it escapes.
make_group() {
  while read -r _ mounted type _; do
    if [ "$type" = cgroup2 ]; then break; fi
    mounted=
  done </proc/self/mounts
  own=$(sed -n 's/^0:://p' /proc/self/cgroup)
  if [ -z "$mounted" ] || [ -z "$own" ]; then return 1; fi
  group=${mounted%/}${own%/}/${base##*/}
  mkdir "$group"
}

end_group() {
  # Before Linux 5.14 they are killed one by one.
  if ! echo 1 >"$group/cgroup.kill"; then
    while read -r pid; do kill -s KILL "$pid"; done <"$group/cgroup.procs"
  fi
  remove_group
}

# Who has just ended is in it for a moment.
remove_group() {
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    if rmdir "$group"; then return; fi
    if [ "$word" = keep ] && read -r _ <"$group/cgroup.procs"; then return; fi
    sleep 0.1
  done
}

# Makes it where there is some room, and where programs may be run; tells why not.
make_base() {
  base=$1/$name
  why=$(mkdir "$base" 2>&1) || return 1
  if why=$({ mkdir -m 755 "$base/work" && head -c 1048576 /dev/zero >"$base/probe"; } 2>&1) &&
    why=$({ echo '#!/bin/sh' >"$base/probe" && chmod 700 "$base/probe"; } 2>&1); then
    if "$base/probe" 2>/dev/null; then
      rm "$base/probe"
      return 0
    fi
    why='no program may be run from there: it is mounted noexec'
  fi
  rm -rf "$base"
  return 1
}

trap '' HUP TERM INT
umask 077
base=
for parent in /var/tmp /tmp "$HOME" /run; do
  if make_base "$parent"; then break; fi
  base=
  echo "$parent: $why" >&2
done
if [ -z "$base" ]; then exit 1; fi
group=
if [ -n "$grouped" ] && make_group 2>/dev/null; then echo "$group" >"$base/cgroup"; else group=; fi
echo "made $base"
read -r word
if [ "$word" = keep ]; then
  if [ -n "$group" ]; then remove_group 2>/dev/null; fi
  exit 0
fi
{
  read -r leader <"$base/group" && kill -s KILL -- "-$leader"
  if [ -n "$group" ]; then end_group; fi
  exec rm -rf "$base"
} 2>/dev/null
