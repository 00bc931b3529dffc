# shellcheck shell=bash
# Makes the nodes of a cluster, in the network that `make_network` has made.
source ./make-network.sh
source ./follow.sh
: "${dir:?the folder of the cluster}" "${engine_kind:?docker or podman}" "${init:?what can be process 1}"
: "${init_program:?the text of init.sh}" "${user:?who may log in}" "${public_key:?}"
# For each node, in the same order. A port is that of the loopback where its ssh is published, if it is.
# Flags and commands are words as shell reads them.
declare -a node_ids node_hosts containers machine_ids host_keys public_host_keys ports consoles
declare -a images flags commands

# Where a container finds what it is given (see init.sh): Podman, which is on this main host, mounts the
# folder; to Docker, which may be anywhere, it goes as a tar stream before the start.
given=/.shakedown/given

# make_node INDEX
make_node() {
  local index=$1 node=${node_ids[$1]} container=${containers[$1]} address=$net.${node_hosts[$1]} words=()
  write_given "$index" "$dir/$node/given"
  if [ -z "$network" ]; then make_namespace "$node" "$net" "${node_hosts[index]}"; fi
  container_words "$index"
  if [ "$engine_kind" = podman ]; then
    # Conmon leaves a file `oom` where it was started when a container runs out of memory.
    (cd "$dir/$node" && engine run -d "${words[@]}") >/dev/null
  else
    engine create "${words[@]}" >/dev/null
    send_given "$dir/$node" "$container"
    engine start "$container" >/dev/null
    follow "$container" "${consoles[index]}"
  fi
  if [ -n "${ports[index]}" ]; then
    await_ssh "$node" "$container" 127.0.0.1 "${ports[index]}"
  else
    await_ssh "$node" "$container" "$address" 22
  fi
}

# write_given INDEX FOLDER
write_given() {
  mkdir -p "$2"
  printf %s "$init_program" > "$2/init"
  printf '%s\n' "$public_key" > "$2/authorized_keys"
  echo "${machine_ids[$1]}" > "$2/machine-id"
  umask 077
  printf %s "${host_keys[$1]}" > "$2/ssh_host_ed25519_key"
  umask 022
  echo "${public_host_keys[$1]}" > "$2/ssh_host_ed25519_key.pub"
}

# send_given FOLDER CONTAINER
send_given() {
  tar -C "$1" --owner=0 --group=0 --numeric-owner --transform 's,^,.shakedown/,' -c given | engine cp - "$2:/"
  rm -rf "$1/given"
}

# container_words INDEX: sets `words` to what follows `run` or `create`.
container_words() {
  local -a "own=(${flags[$1]})" "command=(${commands[$1]})"
  local index
  words=("${own[@]}")
  if [ -n "$network" ]; then
    words+=("--network=$network" "--ip=$net.${node_hosts[$1]}")
    if [ -n "${ports[$1]}" ]; then words+=("--publish=127.0.0.1:${ports[$1]}:22"); fi
  else
    words+=("--network=ns:/run/netns/$namespace_prefix${node_ids[$1]}")
    resolver_words
  fi
  for index in "${!node_names[@]}"; do
    words+=("--add-host=${node_names[index]}:$net.${node_hosts[index]}")
  done
  words+=(--entrypoint=/bin/sh "${images[$1]}" "$given/init" "$init" "$user" "${command[@]}")
}

# As flags, since an engine writes resolv.conf itself.
resolver_words() {
  local server line kind value values
  for server in "${name_servers[@]}"; do
    if [ "$server" = main ]; then server=$net.1; fi
    words+=("--dns=$server")
  done
  for line in "${resolver_lines[@]}"; do
    read -ra values <<<"$line"
    kind=search
    if [ "${values[0]}" = options ]; then kind=opt; fi
    for value in "${values[@]:1}"; do words+=("--dns-$kind=$value"); done
  done
}

# await_ssh NODE CONTAINER HOST PORT
await_ssh() {
  local try
  for ((try = 1; try <= 1000; try++)); do
    if says_ssh "$3" "$4"; then return; fi
    if ((try % 15 == 0)) && [ "$(engine container inspect --format '{{.State.Running}}' "$2")" != true ]; then
      engine logs --tail 12 "$2" >&2 || :
      die "node $1 stopped as soon as it was started"
    fi
    sleep 0.03
  done
}

# says_ssh HOST PORT
says_ssh() {
  # shellcheck disable=SC2016 # Those are the other shell's.
  local greeting='exec 3<>"/dev/tcp/$0/$1" && read -r line <&3 && [[ $line == SSH-* ]]'
  timeout 2 bash -c "$greeting" "$1" "$2" 2>/dev/null
}
