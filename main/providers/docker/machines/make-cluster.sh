# shellcheck shell=bash
# Makes a whole cluster. The state is on disk, whole, before anything else is made. Prints lines `note …` for
# the log, and `net 10.x.y` when every container's sshd has said its first words, or after a minute of
# waiting for them.
: "${dir:?the folder of the cluster}"
: "${watch_program:?the text of watch.sh}" "${maker_pid:?}" "${maker_start:?}"
source ../../host/shell/make-folder.sh
source ./make-node.sh
source ./make-network.sh

must_have_shares
make_folder
setsid bash -c "$watch_program" watch "$dir" "$maker_pid" "$maker_start" </dev/null >/dev/null 2>&1 9>&- &
echo $! > "$dir/watch"
make_network
makers=()
for index in "${!node_ids[@]}"; do
  make_node "$index" &
  makers+=($!)
done
failed=
for maker in "${makers[@]}"; do wait "$maker" || failed=1; done
[ -z "$failed" ] || exit 1
echo "net $net"
