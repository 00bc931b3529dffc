# shellcheck shell=bash
# Removes the folders $1, $2, …, and those of the links `names` that pointed to one of them.
declare -a names
rm -rf --one-file-system "$@"
for name in "${names[@]}"; do
  if [ -L "$name" ] && [ ! -e "$name" ]; then rm "$name"; fi
done
