# shellcheck shell=sh disable=SC3046,SC3051,SC3067 # `source` is for our own loader; every sh of Linux has test -O
# Tells what a node is and what lies in its cache, in lines: `machine x86_64`, `gzip` and `zstd`, `foreign OWNER MODE PATH`,
# `unfit PATH WHY`, `cache PATH`, `runtime PATH SIZE DIGEST`, `agent PATH SIZE DIGEST`. The digest of a runtime is `unread`
# when it must be read first. The arguments are the folders that may be the cache: the first from which programs run is.
source ./identity.sh
: "${1:?a folder of runtimes and agents}" "${room:?KiB that a runtime and an agent take}"
umask 022
export LC_ALL=C

# KiB that can be written to a folder; nothing where df(1) cannot tell.
free() {
  df -Pk -- "$1" 2>/dev/null | {
    read -r _
    read -r _ _ _ kib _
    case $kib in '' | *[!0-9]*) ;; *) echo "$kib" ;; esac
  }
}

# Whether programs can be put there and run from there; tells why not.
fits() {
  for runtime in "$1"/node-*/node; do
    if [ -f "$runtime" ] && [ -x "$runtime" ]; then return 0; fi
  done
  probe=$1/.probe.$$
  why=$({ mkdir -p -- "$1" && echo '#!/bin/sh' >"$probe" && chmod 755 "$probe"; } 2>&1)
  if [ -z "$why" ]; then
    "$probe" 2>/dev/null || why='no program may be run from there: it is mounted noexec'
    kib=$(free "$1")
    if [ -z "$why" ] && [ "${kib:-$room}" -lt "$room" ]; then
      why="$((kib / 1024)) MiB are free there, and $((room / 1024)) are needed"
    fi
  fi
  rm -f -- "$probe" 2>/dev/null || :
  if [ -z "$why" ]; then return 0; fi
  echo "unfit $1 $(echo "$why" | tail -n 1)"
  return 1
}

# Whether others may write there; then nothing of it is touched.
is_foreign() {
  mode=$(stat -L -c '%u %a' -- "$1" 2>/dev/null || :)
  case $mode in
    '') return 1 ;;
    *' '[0-7][0145][0145] | *' '[0-7]*[0145][0145]) if [ -O "$1" ]; then return 1; fi ;;
  esac
  echo "foreign $mode $1"
}

echo "machine $(uname -m)"
for tool in zstd gzip; do if command -v "$tool" >/dev/null; then echo "$tool"; fi; done
cache=
for folder in "$@"; do
  if is_foreign "$folder"; then exit 0; fi
  if fits "$folder"; then
    cache=$folder
    break
  fi
done
if [ -z "$cache" ]; then exit 0; fi
echo "cache $cache"
set --
for file in "$cache"/node-*/node "$cache"/agent-*.cjs "$cache"/agent-*.pack; do
  if [ -f "$file" ] && [ ! -L "$file" ]; then set -- "$@" "$file"; fi
done
wc -c -- "$@" /dev/null | while read -r size file; do
  case $file in
    */node)
      remembered "$(stamp_of "$file")" "$(identity "$file")"
      # What is mounted for reading only was put there by who made the machine.
      if [ -z "$found" ] && [ ! -w "$file" ]; then found=share; fi
      echo "runtime $file $size ${found:-unread}"
      ;;
    */agent-*) echo "agent $file $size $(digest "$file")" ;;
  esac
done
