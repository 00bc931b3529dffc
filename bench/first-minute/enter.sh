# shellcheck shell=bash
# Runs a command in the folder `home` of the root `root` as on a machine of its own: with mounts, processes and a network
# of its own, and the way out through this main host's network. All of it ends with the command, or when this is killed,
# but for the table of NAT and the link to it. To be run by `unshare --mount --net`, from a process that is outside of that network.
: "${root:?}" "${home:?}" "${name:?of the table and the link}" "${subnet:?its first three numbers}"

outside() { nsenter --target "$PPID" --net -- "$@"; }
outside ip link add "$name" type veth peer name eth0 netns "$$"
outside ip address add "$subnet.1/24" dev "$name"
outside ip link set "$name" up
outside nft -f - <<NAT
table ip $name {
  chain nat { type nat hook postrouting priority srcnat; ip saddr $subnet.0/24 ip daddr != $subnet.0/24 masquerade; }
}
NAT
ip link set lo up
ip address add "$subnet.2/24" dev eth0
ip link set eth0 up
ip route add default via "$subnet.1"

# A mount point, for what is no such has no propagation that a namespace of its own could change.
mount --bind "$root" "$root"
mount --rbind /proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
# Containers in there have their control groups beside those of this main host's clusters, under the same lock.
mount --rbind /sys/fs/cgroup "$root/sys/fs/cgroup"
mount --rbind /dev "$root/dev"
lock=/run/shakedown-nspawn.lock
touch "$lock" "$root$lock"
mount --bind "$lock" "$root$lock"
cp -L /etc/resolv.conf "$root/etc/resolv.conf"

export HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
cd "$root" || exit
pivot_root . .
umount -l .
# shellcheck disable=SC2016 # For the bash that is the first process in there.
exec unshare --pid --fork --kill-child --mount-proc bash -c 'cd "$0" && "$@"; exit $?' "$home" "$@"
