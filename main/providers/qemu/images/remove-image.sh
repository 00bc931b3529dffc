# shellcheck shell=bash
# Removes the folders $1, $2, …, and the link `name` if it pointed to one of them.
: "${name:?}"
rm -rf --one-file-system "$@"
if [ -L "$name" ] && [ ! -e "$name" ]; then rm "$name"; fi
