# shellcheck shell=bash
# The folder of a cluster, which says that there is one.
: "${dir:?the folder}" "${state:?the contents of state.json}"
# What nodes are to see of this main host.
declare -a share_sources

must_have_shares() {
  local path
  for path in "${share_sources[@]}"; do
    [ -e "$path" ] || die "$path, which nodes are to see, does not exist"
  done
}

# The state is in it, whole, from the first moment on.
make_folder() {
  if [ -e "$dir.new" ]; then rm -rf --one-file-system "$dir.new"; fi
  mkdir -p "$dir.new"
  printf '%s' "$state" > "$dir.new/state.json"
  mv -T "$dir.new" "$dir"
}
