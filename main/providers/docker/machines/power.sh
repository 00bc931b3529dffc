# shellcheck shell=bash
# Restarts, cuts off or starts one container: the argument is `reboot`, `power_off` or `power_on`.
source ./follow.sh
: "${container:?its name}" "${folder:?of its node}" "${link?where we make the network}"
: "${console?where we write its console}"

# Its stop signal first, as a shutdown; after 20 s it is cut off.
reboot() {
  engine restart -t 20 "$container" >/dev/null
  follow_console
}

power_off() {
  # One that is off already cannot be killed.
  if engine kill -s KILL "$container" >/dev/null; then engine wait "$container" >/dev/null; fi
  # Namespaces of ours outlive their containers, and would go on answering pings.
  if [ -n "$link" ]; then ip link set "$link" down; fi
}

power_on() {
  if [ -n "$link" ]; then ip link set "$link" up; fi
  engine start "$container" >/dev/null
  follow_console
}

follow_console() {
  if [ -n "$console" ]; then follow "$container" "$console"; fi
}

# Conmon leaves a file where it was started when a container runs out of memory.
cd "$folder" 2>/dev/null || :
"$1"
