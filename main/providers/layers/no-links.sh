# shellcheck shell=bash
# no_links PATH…: ends the script where a folder on the way to one of the paths, below the current folder, is a link:
# what a node wrote must not lead root to files of the main host.
no_links() {
  local path folder
  for path in "$@"; do
    folder=${path#/}
    while [[ $folder == */* ]]; do
      folder=${folder%/*}
      if [ -L "./$folder" ]; then die "the installation made a link of /$folder"; fi
    done
  done
}
