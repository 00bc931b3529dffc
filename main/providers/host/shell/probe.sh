# shellcheck shell=bash
# Tells what this main host lacks for a kind of machine, in lines `missing PROGRAM` and `lacks WHAT`, and
# what root may do here in a line `caps HEX`. Nothing is changed.
# Those that are needed; the words that make a command root of a user namespace.
declare -a programs in_user_namespace

PATH=$PATH:/usr/sbin:/sbin

look_for_programs() {
  local name
  for name in "${programs[@]}"; do
    command -v "$name" >/dev/null || echo "missing $name"
  done
}

# look_for_file FILE PACKAGE
look_for_file() {
  [ -e "$1" ] || echo "missing $2"
}

# look_at_user NAME UID: what it takes to be root of namespaces with a network.
look_at_user() {
  local file
  for file in subuid subgid; do
    grep -qE "^($1|$2):" "/etc/$file" 2>/dev/null || echo "lacks $file"
  done
  unshare --user --map-root-user true 2>/dev/null || echo lacks userns
  "${in_user_namespace[@]}" true 2>/dev/null || echo lacks map
  if ! [ -r /dev/net/tun ] || ! [ -w /dev/net/tun ]; then echo lacks tun; fi
}

# tell_rights WORD…: those of a command after these words, such as `sudo -n`; silent where it cannot be run.
tell_rights() {
  "$@" sed -n 's/^CapEff:/caps/p' /proc/self/status 2>/dev/null
}
