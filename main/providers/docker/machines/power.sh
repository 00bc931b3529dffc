# shellcheck shell=bash
# Restarts, cuts off or starts one container: the argument is `reboot`, `power_off` or `power_on`.
source ./follow.sh
source ./namespace.sh
: "${container:?its name}" "${folder:?of its node}"
: "${node:?its number}" "${host:?the last number of its address}"
: "${own_network?whether we make the network}"
: "${console?where we write its console}"

# Its stop signal first, as a shutdown; after 20 s it is cut off.
reboot() {
  if [ -n "$own_network" ]; then
    engine stop -t 20 "$container" >/dev/null
    renew_namespace "$node" "$host"
    engine start "$container" >/dev/null
  else
    engine restart -t 20 "$container" >/dev/null
  fi
  follow_console
}

power_off() {
  # One that is off already cannot be killed.
  if engine kill -s KILL "$container" >/dev/null; then engine wait "$container" >/dev/null; fi
  # Namespaces of ours outlive their containers, and would go on answering pings.
  if [ -n "$own_network" ]; then ip link set "${bridge}v$node" down; fi
}

power_on() {
  if [ -n "$own_network" ] && ! is_on; then renew_namespace "$node" "$host"; fi
  engine start "$container" >/dev/null
  follow_console
}

is_on() { [ "$(engine container inspect --format '{{.State.Running}}' "$container")" = true ]; }

follow_console() {
  if [ -n "$console" ]; then follow "$container" "$console"; fi
}

# Conmon leaves a file where it was started when a container runs out of memory.
cd "$folder" 2>/dev/null || :
"$1"
