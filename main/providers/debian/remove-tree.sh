# shellcheck shell=bash
# Removes the tree `name` from the folder `trees`, with all its builds. Ends with 3 when there is no such tree.
: "${trees:?}" "${name:?}"
cd "$trees" 2>/dev/null || exit 3
folder=$(pwd -P)
[ -e "$name.lock" ] || exit 3
exec 8>>"$name.lock"; flock -n 8 || die 'it is being built, or a cluster is being made of it'
source ./used-trees.sh
builds=("$name".[0-9]*)
for build in "${builds[@]}"; do
  if is_used "$folder/$build"; then die 'machines that exist lie over it'; fi
done
rm -f "$name" "$name.about"
rm -rf --one-file-system -- "${builds[@]}"
rm -f "$name.lock"
