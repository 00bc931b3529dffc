# shellcheck shell=bash
# The machines of a cluster. The caller has the functions of cgroups.sh or no-cgroups.sh.
: "${dir:?the folder of the cluster}" "${cgroup:?its own}" "${bridge:?the name of the link}"
: "${gateway_host:?the last number of the address of the way out}"
: "${shares?the program by which a machine of ours mounts what it sees of this host}"
# A value for each machine. What it is, and its names:
declare -a node_ids node_hosts macs
# The image that its disk lies over, as qemu-img names its format, and the bytes of its own, if they are others.
declare -a backings backing_formats disk_sizes
# For our own images, else empty: the initrd, a busybox that runs here and packs, and who the machine is.
declare -a initrds busyboxes identities
# For the images of others: the files of cloud-init's NoCloud seed, in which @…@ stand for what is known by now.
declare -a user_data meta_data network_configs
# QEMU's command line, a word a line; the name of its tap, if it has one; the memory to start from, if any.
declare -a qemu_words links memory_files
# What limit_group takes.
declare -a cpu_limits

source ../../host/shell/make-network.sh
source ./start-machine.sh

# Makes all machines side by side and starts them. `net` and `mtu` are set.
make_machines() {
  local index maker failed='' makers=()
  : "${net:?}" "${mtu:?}"
  gateway=$net.$gateway_host
  compose_names
  # shellcheck disable=SC2154 # Set by compose_names.
  hosts=${hosts%$'\n'} resolv_conf=${resolv_conf%$'\n'}
  for index in "${!node_ids[@]}"; do
    make_machine "$index" &
    makers+=($!)
  done
  for maker in "${makers[@]}"; do wait "$maker" || failed=1; done
  [ -z "$failed" ] || exit 1
  echo "net $net"
}

# make_machine INDEX
make_machine() {
  local index=$1 node=${node_ids[$1]} home group address incoming=()
  home=$dir/$node group=$cgroup/$node address=$net.${node_hosts[index]}
  mkdir -p "$home"; chmod 711 "$home"
  qemu-img create -q -f qcow2 -F "${backing_formats[index]}" -b "${backings[index]}" "$home/disk.qcow2" \
    ${disk_sizes[index]:+"${disk_sizes[index]}"}
  if [ -n "${identities[index]}" ]; then write_own_part; else write_seed; fi
  if [ -n "${links[index]}" ]; then
    ip tuntap add dev "${links[index]}" mode tap
    ip link set "${links[index]}" master "$bridge" mtu "$mtu" up
  fi
  own_group "$group"
  limit_group "$group" '' "${cpu_limits[index]}" ''
  write_start
  if [ -n "${memory_files[index]}" ]; then incoming=(-incoming "exec:cat '${memory_files[index]}'"); fi
  start_machine "$node" "$home" "$group" "${incoming[@]}"
}

# For make_machine: the files that the machine's own part of the initrd has, and that initrd.
write_own_part() {
  (umask 077; { printf 'hosts=%q\nresolv_conf=%q\n' "$hosts" "$resolv_conf"; printf %s "${identities[index]}"; } \
    > "$home/identity")
  printf '%s\n' "address=$address/24" "gateway=$gateway" "mtu=$mtu" "mac=${macs[index]}" > "$home/net"
  printf %s "$shares" > "$home/shares"
  # Its own key is in it.
  (
    umask 077
    cd "$home" || exit
    { cat "${initrds[index]}"; printf '%s\n' identity net shares | pack | gzip -1; } > initrd
  )
}

pack() { "${busyboxes[index]}" cpio -o -H newc 2>/dev/null; }

# For make_machine: the disk from which cloud-init learns who the machine is.
write_seed() {
  mkdir "$home/seed"; chmod 700 "$home/seed"
  fill_in "${user_data[index]}" > "$home/seed/user-data"
  fill_in "${meta_data[index]}" > "$home/seed/meta-data"
  fill_in "${network_configs[index]}" > "$home/seed/network-config"
  (umask 077; genisoimage -quiet -V cidata -J -r -o "$home/seed.iso" "$home/seed")
}

# fill_in TEXT: the lines of `hosts` are to stand in JSON.
fill_in() {
  local text=$1 names=${hosts//$'\n'/\\n}
  text=${text//@address@/$address}
  text=${text//@gateway@/$gateway}
  text=${text//@mtu@/$mtu}
  text=${text//@net@/$net}
  printf %s "${text//@hosts@/$names}"
}

# For make_machine: a program that starts QEMU, to which what is given to it is added.
write_start() {
  local words
  mapfile -t words <<<"${qemu_words[index]}"
  { printf exec; printf ' %q' qemu-system-x86_64 "${words[@]}"; echo ' "$@"'; } > "$home/start"
}
