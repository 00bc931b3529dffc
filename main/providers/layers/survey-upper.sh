# shellcheck shell=bash
# Surveys what was written over the tree `tree` to the folder `upper` of an overlay that nobody has mounted, when what
# makes the machine itself is taken away there.
source ./survey.sh
: "${tree:?}" "${upper:?}"

written() { find . -xdev "$@"; }

cd "$upper" || exit
strip_identity
rm -rf run/* .shakedown
base_lists=("$tree/$lists"/*.list) new_lists=("$lists"/*.list)
survey
