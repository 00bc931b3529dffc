# shellcheck shell=bash
# The user's own Podman has its images apart from ours: copies one of them to ours, and prints `taken`.
source ../engines/engine.sh
: "${storage:?of the user, which Podman keeps images in}" "${image:?the name}"

users_podman() { podman --root "$storage" "$@"; }

[ -e "$storage" ] || exit 0
users_podman image exists "$image" || exit 0
users_podman image save "$image" | engine image load >&2 && echo taken
