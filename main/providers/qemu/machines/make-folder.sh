# shellcheck shell=bash
: "${dir:?the folder of the cluster}" "${state:?the contents of state.json}"
# Folders of the cache that the machines lie over.
declare -a images

# The cluster's folder, with its state and with links to what its machines lie over, in one step.
make_folder() {
  local index
  rm -rf "$dir.new"; mkdir -p "$dir.new"
  printf '%s' "$state" > "$dir.new/state.json"
  for index in "${!images[@]}"; do ln -s "${images[index]}" "$dir.new/image-$index"; done
  # Images are kept by when they were last used.
  touch -c "$dir.new" "$dir.new"/image-*
  mv -T "$dir.new" "$dir"
}
