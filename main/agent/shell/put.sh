# shellcheck shell=sh disable=SC3046,SC3051 # `source` is for our own loader
# Puts what comes on stdin, or what was staged, in its place in the cache, whole or not at all. What was staged is
# copied before it is checked where it is the login user's, for what lies in the cache runs as root. What nobody else
# may write is moved: 0.7 s less for 108 MB. What is packed comes on stdin, is unpacked on its way, and checked then.
source ./identity.sh
source ./place.sh
: "${target:?its path}" "${unpack?the program that unpacks it, or nothing}" "${staged?a path, or stdin}"
set -e
umask 022

mkdir -p "$(dirname "$target")"
new=$target.$$
trap 'rm -f "$new" "$staged"' EXIT
if [ -n "$unpack" ]; then
  "$unpack" -dc >"$new"
elif [ -n "$staged" ] && [ -n "$(find "$staged" -prune -type f -user "$(id -u)" ! -perm -020 ! -perm -002)" ]; then
  mv -f "$staged" "$new"
elif [ -n "$staged" ]; then
  cat "$staged" >"$new"
else
  cat >"$new"
fi
# Where the node has no program for a digest, its size says enough of what came over ssh.
# shellcheck disable=SC2034 # For place_new.
instead=-
place_new
