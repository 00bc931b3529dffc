# shellcheck shell=bash
# Prints a line for each tree in the folder `trees`: its name, the bytes that all its builds take, when it was asked for
# (seconds since the epoch), `used` or `free`, and what it is, with tabs between them.
: "${trees:?}"
cd "$trees" 2>/dev/null || exit 0
folder=$(pwd -P)
source ./used-trees.sh
for lock in *.lock; do
  name=${lock%.lock} state=free
  builds=("$name".[0-9]*)
  [ ${#builds[@]} -gt 0 ] || continue
  for build in "${builds[@]}"; do if is_used "$folder/$build"; then state=used; fi; done
  # Whoever has no root may have trees too, and sees all but a few of their files.
  bytes=$(du -sc --block-size=1 -- "${builds[@]}" 2>/dev/null | tail -n 1 | cut -f 1)
  about=$(cat "$name.about" 2>/dev/null || :)
  printf '%s\t%s\t%s\t%s\t%s\n' "$name" "$bytes" "$(stat -c %Y "$lock")" $state "$about"
done
