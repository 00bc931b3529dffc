# shellcheck shell=bash
# Makes namespaces for a cluster of a user who cannot be root. With `subnet` they have a network of their own, whose way
# out is slirp4netns(1), a process of the user's: it is the gateway of that subnet, and its resolver.
: "${dir:?the folder of the cluster}" "${subnet?as 10.101.7, or empty}" "${maker_pid:?}" "${maker_start:?}"
: "${hold_program:?the text of hold-namespaces.sh}" "${mark:?an argument by which that is found}"
# A command that runs another one as root of a user namespace of its own.
declare -a as_namespace_root
source ../machines/make-folder.sh

# wait_for FILE PID MESSAGE: until the file says something.
wait_for() {
  for _ in {1..1000}; do
    if [ -s "$1" ]; then return; fi
    kill -0 "$2" 2>/dev/null || break
    sleep 0.01
  done
  cat "$dir/namespace.log" >&2; die "$3"
}

make_folder
mkfifo "$dir/life"
setsid "${as_namespace_root[@]}" ${subnet:+--net} --pid --fork --kill-child \
  bash -c "$hold_program" "$mark" "$dir" "$maker_pid" "$maker_start" </dev/null >"$dir/namespace.log" 2>&1 &
wait_for "$dir/pid" $! 'the namespaces could not be made'
[ -n "$subnet" ] || exit 0

read -r pid < "$dir/pid"
setsid slirp4netns --mtu=1500 --cidr="$subnet.0/24" --disable-host-loopback --enable-sandbox --enable-seccomp \
  --api-socket="$dir/slirp.sock" --exit-fd=5 --ready-fd=6 "$pid" tap0 \
  5<"$dir/life" 6>"$dir/ready" </dev/null >>"$dir/namespace.log" 2>&1 &
wait_for "$dir/ready" $! 'slirp4netns could not be started'
