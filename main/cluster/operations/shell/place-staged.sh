# shellcheck shell=sh
# Puts a file that was staged in its place, whole or not at all. Where it lies beside its place already it is moved; else
# it is copied before it is checked, for it is the login user's.
: "${staged:?its path}" "${target:?its path}" "${folder:?of the target}" "${sha256:?of its bytes}"
: "${mode:?its permissions}" "${modified:?when, in s since the epoch}"
set -e

new=$staged
if [ "${staged%/*}" != "$folder" ]; then new=$folder/.${staged##*/}; fi
trap 'rm -f -- "$new" "$staged"' EXIT
umask 077
if [ "$new" != "$staged" ]; then cat <"$staged" >"$new"; fi
found=$(sha256sum <"$new")
if [ "${found%% *}" != "$sha256" ]; then
  echo 'it did not arrive as it was sent' >&2
  exit 1
fi
chmod "$mode" "$new"
touch -d "@$modified" "$new"
mv -fT "$new" "$target"
