# shellcheck shell=bash
# Surveys what was written in a virtual machine since it was told who it is: prints what survey.sh says. Runs in it.
source ../../layers/survey.sh
since=var/lib/shakedown/identity

die() { echo "$*" >&2; exit 1; }

written() { find . -xdev -cnewer "$since" "$@"; }

set -eu
shopt -s nullglob
cd /
strip_identity
mapfile -d '' base_lists < <(find "$lists" -name '*.list' ! -cnewer "$since" -print0)
mapfile -d '' new_lists < <(find "$lists" -name '*.list' -cnewer "$since" -print0)
survey
