# shellcheck shell=bash
# Docker or Podman: the words before each subcommand, and variables as NAME=VALUE.
declare -a engine_command engine_env

# engine SUBCOMMAND…
engine() { env "${engine_env[@]}" "${engine_command[@]}" "$@"; }
