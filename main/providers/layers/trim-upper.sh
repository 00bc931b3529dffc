# shellcheck shell=bash
# trim_upper TREE UPPER: makes what was written over a tree ready to be kept.
source ./trim.sh

trim_upper() {
  local tree=$1
  made_links() {
    local link
    while read -r -d '' link; do [ -L "$tree/$link" ] || printf '%s\0' "$link"; done < <(find "${unit_folders[@]}" "$@")
  }
  # In a shell of its own: only there is it the current folder.
  (cd "$2" || exit; leave_out; hold_back)
}
