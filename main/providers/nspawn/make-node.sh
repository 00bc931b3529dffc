# shellcheck shell=bash
# Makes the nodes of a cluster, in the network that `make_bridge` and `compose_names` have made.
source ../host/shell/cgroups.sh
source ../host/shell/make-network.sh
source ./boot.sh
source ./disk.sh
: "${id:?of the cluster}" "${dir:?its folder}" "${cgroup:?its own}" "${bridge:?}"
: "${start_program:?the text of start-node.sh}"
: "${user:?who may log in}" "${public_key:?}" "${internet?}" "${volatile?}"
# For each node, in the same order; cpu is µs in each 100 ms, and what is empty is not limited.
declare -a node_ids node_names node_hosts node_trees node_layers machine_ids host_keys public_host_keys
declare -a memory_limits cpu_limits process_limits disk_limits
# Flags of systemd-nspawn for what nodes see of this main host.
declare -a binds

# make_node INDEX: returns when the node is booting.
make_node() {
  local node=${node_ids[$1]}
  local home=$dir/$node node_group=$cgroup/$node
  mkdir -p "$home/disk" "$home/root"
  ln -s "$dir/${node_trees[$1]}" "$home/tree"
  if [ -n "${node_layers[$1]}" ]; then ln -s "$dir/${node_layers[$1]}" "$home/layer"; fi
  write_start_program "$1" > "$home/start"
  make_disk "$home" "${disk_limits[$1]}" "$node"
  write_identity "$1" "$home/disk/upper"
  mkdir "$home/disk/work"
  mount_root "$home" "$volatile"
  authorize "$home/root"
  own_group "$node_group"
  share_controllers "$node_group"
  limit_group "$node_group" "${memory_limits[$1]}" "${cpu_limits[$1]}" "${process_limits[$1]}"
  boot_node "$home" "$node" "$node_group"
}

# write_start_program INDEX: prints start-node.sh with what it is told.
write_start_program() {
  local node=${node_ids[$1]} node_name=${node_names[$1]} address=$net.${node_hosts[$1]} gateway=
  local machine=sd-$id-$node namespace=sd-$id-$node link=${bridge}v$node root=$dir/$node/root mac
  local node_group=$cgroup/$node
  if [ -n "$internet" ]; then gateway=$net.1; fi
  # Administered locally, and the same at each boot (IEEE 802).
  printf -v mac '02:%s:%s:%s:%02x:%02x' "${id:0:2}" "${id:2:2}" "${id:4:2}" $((node >> 8)) $((node & 255))
  declare -p machine node_name root node_group namespace link bridge mtu mac address gateway binds
  echo "$start_program"
}

# write_identity INDEX ROOT
write_identity() {
  local etc=$2/etc
  mkdir -p "$etc/ssh"
  echo "${node_names[$1]}" > "$etc/hostname"
  echo "${machine_ids[$1]}" > "$etc/machine-id"
  printf %s "$hosts" > "$etc/hosts"
  printf %s "$resolv_conf" > "$etc/resolv.conf"
  umask 077
  printf %s "${host_keys[$1]}" > "$etc/ssh/ssh_host_ed25519_key"
  umask 022
  echo "${public_host_keys[$1]}" > "$etc/ssh/ssh_host_ed25519_key.pub"
}

# authorize ROOT: root may log in, and whoever else is wanted: with an account, and sudo without a password.
authorize() {
  local root=$1 account
  authorize_in "$root/root"
  if [ "$user" = root ]; then return; fi
  chroot "$root" useradd -m -s /bin/bash "$user" 2>/dev/null || chroot "$root" usermod -s /bin/bash "$user"
  printf '%s ALL=(ALL:ALL) NOPASSWD: ALL\n' "$user" > "$root/etc/sudoers.d/shakedown"
  chmod 440 "$root/etc/sudoers.d/shakedown"
  account=$root$(awk -F: -v user="$user" '$1 == user { print $6 }' "$root/etc/passwd")
  authorize_in "$account"
  chown -R --reference="$account" "$account/.ssh"
}

authorize_in() {
  install -d -m 700 "$1/.ssh"
  printf '%s\n' "$public_key" > "$1/.ssh/authorized_keys"
}
