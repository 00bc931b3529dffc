# shellcheck shell=sh disable=SC3046,SC3051 # `source` is for our own loader
# Tells what a node is and what lies in its cache, in lines: `machine x86_64`, `gzip`, `foreign OWNER MODE`,
# `runtime PATH SIZE DIGEST`, `agent PATH SIZE DIGEST`. The digest of a runtime is `unread` when it must be read first.
source ./identity.sh
: "${cache:?the folder of runtimes and agents}"
umask 022

echo "machine $(uname -m)"
if command -v gzip >/dev/null; then echo gzip; fi
mode=$(stat -L -c '%u %a' -- "$cache" 2>/dev/null || :)
case $mode in
  '' | "$(id -u) "[0-7][0145][0145] | "$(id -u) "[0-7]*[0145][0145]) ;;
  *) echo "foreign $mode" ;;
esac
for file in "$cache"/node-*/node "$cache"/agent-*.mjs; do
  if [ ! -f "$file" ] || [ -L "$file" ]; then continue; fi
  size=$(wc -c <"$file")
  case $file in
    */node)
      found=$(remembered "$file")
      # What is mounted for reading only was put there by who made the machine.
      if [ -z "$found" ] && [ ! -w "$file" ]; then found=share; fi
      echo "runtime $file $size ${found:-unread}"
      ;;
    *) echo "agent $file $size $(digest "$file")" ;;
  esac
done
