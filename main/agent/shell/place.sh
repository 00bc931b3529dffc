# shellcheck shell=sh
# Puts the file `$new` in its place in the cache, if it is what it should be. 8 is for too few bytes or too many, 9 for
# others. `$instead` is what may be found in place of its digest.
place_new() {
  : "${new:?a path}" "${target:?a path}" "${mode:?its permissions}" "${size:?bytes}" "${sha256:?of them}"
  # A connection that breaks looks like the end of the file.
  if [ "$(wc -c <"$new")" -ne "$size" ]; then return 8; fi
  found=$(digest "$new")
  if [ "$found" != "$sha256" ] && [ "$found" != "${instead:-$sha256}" ]; then return 9; fi
  chmod "$mode" "$new"
  if [ -d "$target" ]; then rm -rf "$target"; fi
  mv -f "$new" "$target"
  case $target in
    */node) echo "$(identity "$target") $found" >"$(stamp_of "$target")" ;;
  esac
}
