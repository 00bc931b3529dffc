# shellcheck shell=bash
# Ends the watch over a cluster and removes its folder, with all else gone.
: "${dir:?the folder}"

if [ -e "$dir/watch" ]; then
  watch=$(<"$dir/watch")
  if grep -qaF "$dir" "/proc/${watch:-0}/cmdline" 2>/dev/null; then kill -KILL "$watch" || :; fi
fi
rm -rf "$dir" "$dir.new"
