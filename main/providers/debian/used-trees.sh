# shellcheck shell=bash
# is_used BUILD: whether clusters of this main host lie over that build of a tree or of a layer. Each has links `tree…`
# and `layer…` in its folder below `state_home`.
: "${state_home:?}"
used_builds=$(readlink "$state_home"/*/*/{tree,layer}* 2>/dev/null || :)
is_used() { [[ $'\n'$used_builds$'\n' == *$'\n'"$1"$'\n'* ]]; }
