# shellcheck shell=bash
# discard FOLDER: removes it, unless machines lie over it: each cluster has links to what it lies over, in its folder
# below `state_root`. discard_unused BESIDE: discards what has been of no use for `keep_days` beside a folder.
: "${state_root:?}" "${keep_days:?}"
discard() {
  local used
  used=$(readlink "$state_root"/*/image-* 2>/dev/null || :)
  [[ $'\n'$used$'\n' == *$'\n'"$1"$'\n'* ]] || rm -rf --one-file-system "$1"
}
discard_unused() {
  local old
  find "${1%/*}" -mindepth 1 -maxdepth 1 -type d -mtime "+$keep_days" | while read -r old; do discard "$old"; done
}
