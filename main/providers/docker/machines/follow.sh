# shellcheck shell=bash
source ../engines/engine.sh

# follow CONTAINER FILE: copies what it prints into the file until the container ends. Podman writes such a
# file itself.
follow() {
  setsid env "${engine_env[@]}" "${engine_command[@]}" logs -f "$1" </dev/null >"$2" 2>&1 &
}
