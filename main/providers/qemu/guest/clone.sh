# shellcheck shell=sh
# Makes a clone another machine than the one whose memory it woke up with, when it knows already who it is: its network,
# and the daemons that knew the old identity. Given: address, gateway, mtu and mac, by its own /net; boot_id.
: "${address:?}" "${gateway:?}" "${mtu:?}" "${mac:?}" "${boot_id:?}"
set -e
read -r name < /etc/hostname
echo "$name" > /proc/sys/kernel/hostname
mkdir -p /run/shakedown; echo "$boot_id" > /run/shakedown/boot_id
mount --bind /run/shakedown/boot_id /proc/sys/kernel/random/boot_id

# sshd removes this file when it is told to begin anew, and writes it when it has read the new host key. Where systemd
# listens for it (Ubuntu), it has not begun.
if [ -s /run/sshd.pid ]; then
  read -r sshd < /run/sshd.pid; rm -f /run/sshd.pid; kill -HUP "$sshd"
  tries=600; until [ -s /run/sshd.pid ] || [ $tries = 0 ]; do tries=$((tries - 1)); sleep 0.05; done
fi

ip link set eth0 address "$mac" mtu "$mtu"
ip addr add "$address" dev eth0
ip link set eth0 up
ip route add default via "$gateway"
systemctl restart --no-block systemd-journald
