# shellcheck shell=bash
# Holds a node still. `held` is the file that lets it go again; empty for one that was held by somebody else.
held=

# hold GROUP: the node of that cgroup, as it is, unless it is held already.
hold() {
  local version_1=/sys/fs/cgroup/freezer/$1/freezer.state version_2=/sys/fs/cgroup/$1/cgroup
  if [ -e "$version_1" ]; then
    if [ "$(<"$version_1")" != THAWED ]; then return; fi
    held=$version_1
    await_frozen freeze_version_1 "$version_1"
  elif [ -e "$version_2.freeze" ]; then
    if [ "$(<"$version_2.freeze")" = 1 ]; then return; fi
    held=$version_2.freeze
    echo 1 > "$held"
    await_frozen grep -qx 'frozen 1' "$version_2.events"
  fi
}

# Succeeds once all of its processes are frozen, which may take to be asked again.
freeze_version_1() {
  echo FROZEN > "$1"
  [ "$(<"$1")" = FROZEN ]
}

# await_frozen COMMAND…: until it succeeds
await_frozen() {
  for _ in {1..250}; do
    if "$@"; then return; fi
    sleep 0.02
  done
  release
  die 'the node could not be held still'
}

release() {
  case $held in
    *.state) echo THAWED > "$held" ;;
    *.freeze) echo 0 > "$held" ;;
  esac
}
