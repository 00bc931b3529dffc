# shellcheck shell=bash
# place_build NEW LINK ABOUT: puts a build that is whole beside others and then, in one step, makes LINK point to it.
# Older builds of it go, and what nobody asked for in `keep_days` days; what machines lie over now stays. For who has the
# lock on LINK. To be sourced when the build is whole, for who lies over what is looked at there.
: "${keep_days:?}"
source ./used-trees.sh

discard() { is_used "$1" || rm -rf --one-file-system "$1"; }

place_build() {
  local link=$2 build old lock
  build=$link.$(date +%s).$$
  mv -T "$1" "$build"
  echo "$3" > "$link.about"
  ln -sfn "${build##*/}" "$link.link-$$"
  mv -T "$link.link-$$" "$link"
  for old in "$link".[0-9]*; do [ "$old" = "$build" ] || discard "$old"; done
  find "${link%/*}" -maxdepth 1 -name '*.lock' -mtime "+$keep_days" | while read -r lock; do
    # shellcheck disable=SC2094 # Of the lock its name goes, and nothing is in it.
    (
      flock -n 7 || exit 0
      rm -f "${lock%.lock}" "${lock%.lock}.about"
      for old in "${lock%.lock}".[0-9]*; do discard "$old"; done
      left=("${lock%.lock}".[0-9]*)
      [ ${#left[@]} -gt 0 ] || rm -f "$lock"
    ) 7>>"$lock"
  done
}
