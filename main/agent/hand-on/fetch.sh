# shellcheck shell=bash
# Fetches a file from another node that has it and puts it in its place in the cache, whole or not at all; the token for
# it comes on stdin. Only bash speaks TCP without a program of its own. Whatever came is taken for nothing but bytes until
# its digest is right. Says `met` once the other one is there; then 8 is for too few bytes or too many, 9 for others.
source ../shell/identity.sh
source ../shell/place.sh
: "${host:?an address}" "${port:?a number}" "${target:?its path}" "${size:?its bytes}"
: "${connect_within:?seconds}" "${stalled_after:?seconds}" "${least:?bytes in that time}"
set -e
umask 022
export LC_ALL=C

# There, nothing could be told from what it should be.
command -v sha256sum >/dev/null
IFS= read -r token
mkdir -p -- "${target%/*}"

# A firewall that drops what comes says nothing at all. Nobody waits for the output of the one who watches.
(sleep "$connect_within" && kill "$$") >/dev/null 2>&1 &
watch=$!
exec 3<>"/dev/tcp/$host/$port"
kill "$watch" 2>/dev/null || :
echo met
printf '%s\n' "$token" >&3

new=$target.$$
trap 'rm -f -- "$new"' EXIT
# Descriptor 4 ends with it. More than there should be is not taken; in KiB, as the shell has it.
exec 4< <(
  ulimit -f "$((size / 1024 + 1))"
  exec cat <&3 3>&1 >"$new"
)
receiver=$!
exec 3>&-
had=0
while true; do
  code=0
  read -r -t "$stalled_after" -u 4 || code=$?
  # More than 128 says that the time is over.
  if [ "$code" -le 128 ]; then break; fi
  has=$(wc -c <"$new")
  if [ "$((has - had))" -lt "$least" ]; then
    kill "$receiver"
    exit 8
  fi
  had=$has
done
place_new
