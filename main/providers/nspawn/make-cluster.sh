# shellcheck shell=bash
# Makes a whole cluster. The state is on disk, whole, before anything else is made. Prints lines `note …` for
# the log and, when all nodes are booting, `net 10.x.y`.
: "${dir:?its folder}" "${cgroup:?its own}" "${lock_file:?of the kind}"
# The base trees, and the links to them in the folder.
declare -a trees tree_links
# The layers that nodes start from, and the links to them.
declare -a layers layer_links
source ../host/shell/make-folder.sh
source ../host/shell/start-watch.sh
source ./make-node.sh
source ../debian/take-lock.sh

# use_build PATH LINK FILE: a link in the cluster's folder says that the tree or layer is in use, and holds on
# to this build of it, which has that file.
use_build() {
  take_lock "$1.lock" 8 -s
  echo > "$1.lock"
  ln -s "$(readlink -f "$1")" "$dir/$2"
  exec 8>&-
  [ -e "$dir/$2/$3" ] || die "$1 is gone: it was removed a moment ago"
}

# Each systemd takes some ten inotify instances of root's (inotify(7)). Others may count on the raised limit
# by now, so it is not lowered again.
raise_inotify_limit() {
  local file=/proc/sys/fs/inotify/max_user_instances
  if [ "$(<$file)" -ge $((128 + ${#node_ids[@]} * 16)) ]; then return; fi
  echo "note raised fs.inotify.max_user_instances from $(<$file) to 8192, which it stays"
  echo 8192 > $file || :
}

must_have_shares
make_folder
for index in "${!trees[@]}"; do use_build "${trees[index]}" "${tree_links[index]}" etc/os-release; done
for index in "${!layers[@]}"; do use_build "${layers[index]}" "${layer_links[index]}" layer.json; done
raise_inotify_limit
exec 9>>"$lock_file"
flock 9
make_cluster_group "$cgroup"
start_watch
make_bridge
exec 9>&-
compose_names
makers=()
for index in "${!node_ids[@]}"; do
  make_node "$index" &
  makers+=($!)
done
# While they boot: nothing on them listens yet.
open_network
failed=
for maker in "${makers[@]}"; do wait "$maker" || failed=1; done
[ -z "$failed" ] || exit 1
echo "net $net"
