# shellcheck shell=bash
# Does something to one node that exists; the arguments say what: `reboot`, `power_off`, `power_on`,
# `snapshot NAME`, `let_go` or `restore NAME`. One at a time for each node.
: "${id:?of the cluster}" "${node:?its number}" "${home:?its folder}" "${cgroup:?of the cluster}"
source ../host/shell/remove-cgroups.sh
source ./boot.sh
source ./disk.sh
source ./hold.sh

node_group=$cgroup/$node
# Seconds that a node has to shut down in before it is told that it hangs.
shutdown_limit=90

is_on() { [ -n "$(cat "${hierarchies[@]/%//$node_group/keeper/cgroup.procs}" 2>/dev/null)" ]; }

# Asks the container's systemd to reboot, as `systemctl reboot` in it would (systemd(1), SIGRTMIN+5), and
# waits until it has gone down.
reboot() {
  local init try
  is_on || die "node $node is off"
  init=$(first_process)
  [ -n "$init" ] || die "node $node is between two boots"
  for ((try = 0; try < shutdown_limit * 20; try++)); do
    [ -e "/proc/$init" ] || return 0
    # Again now and then: a systemd that has just been started does not hear it yet.
    if ((try % 40 == 0)); then kill -s RTMIN+5 "$init" 2>/dev/null || :; fi
    sleep 0.05
  done
  die "node $node has not gone down within $shutdown_limit s; is it frozen, or waiting for a service to stop?"
}

# The one that has the id 1 in a namespace right below ours.
first_process() {
  local pid paths=("${hierarchies[@]/%//$node_group/run}")
  while read -r pid; do
    if awk '/^NSpid:/ { exit !(NF == 3 && $3 == 1) }' "/proc/$pid/status" 2>/dev/null; then
      echo "$pid"
      return
    fi
  done < <(find "${paths[@]}" -name cgroup.procs -exec cat {} + 2>/dev/null | sort -nu)
}

# Ends all processes of the node at once.
power_off() {
  local mount link=sd${id}v$node
  kill_group "$node_group"
  # The namespace outlives the container, and would answer pings.
  if [ -e "/sys/class/net/$link" ]; then ip link set "$link" down; fi
  remove_groups_below "$node_group"
  rm -f "/run/systemd/nspawn/locks/inode-$(stat -c %d:%i "$home/root")"
  for mount in /run/systemd/nspawn/*/"sd-$id-$node"; do
    if mountpoint -q "$mount"; then umount -l "$mount"; fi
    rm -rf --one-file-system "$mount"
  done
}

power_on() {
  if is_on; then return; fi
  # A container that ended by itself leaves something, too.
  power_off
  boot_node "$home" "$node" "$node_group"
}

# Copies what the node has written while it is held still; `held` in its folder tells a later script that it
# was.
snapshot() {
  local new=$home/snapshots/$1.new copied=1
  mkdir -p "$home/snapshots"
  rm -rf --one-file-system "$new"
  hold "$node_group"
  [ -z "$held" ] || echo "$held" > "$home/held"
  cp -a --sparse=always --reflink=auto "$home/disk/upper" "$new" || copied=
  release
  rm -f "$home/held"
  if [ -z "$copied" ]; then
    rm -rf --one-file-system "$new"
    die "the snapshot could not be written"
  fi
  rm -rf --one-file-system "$home/snapshots/$1"
  mv -T "$new" "$home/snapshots/$1"
}

# Lets a node go that a snapshot held when it was broken off.
let_go() {
  if [ ! -e "$home/held" ]; then return; fi
  held=$(<"$home/held")
  release
  rm -f "$home/held"
}

# Cuts the power, puts back what the node had written then, and starts it.
restore() {
  local saved=$home/snapshots/$1 known
  if [ ! -d "$saved" ]; then
    known=("$home/snapshots"/*)
    die "node $node has no snapshot '$1'; it has: ${known[*]##*/}"
  fi
  power_off
  if mountpoint -q "$home/root"; then umount "$home/root" || umount -l "$home/root"; fi
  rm -rf --one-file-system "$home/disk/upper" "$home/disk/work"
  cp -a --sparse=always --reflink=auto "$saved" "$home/disk/upper"
  mkdir "$home/disk/work"
  mount_root "$home"
  boot_node "$home" "$node" "$node_group"
}

fail() { die "$*"; }
[ -d "$home/root" ] || die "there is no node $node in nspawn cluster $id"
exec 6>>"$home/lock"
flock 6
# Within the cluster's own cgroup, so that whoever destroys the cluster ends this program too.
join_group "$cgroup/make"
"$@"
