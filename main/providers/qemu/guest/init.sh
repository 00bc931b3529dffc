#!/bin/sh
# /init of the initrd of machines of ours, in busybox: loads the modules, mounts the disk, sets the addresses, tells the
# machine who it is and hands over. The stock initrd does much more, for hardware that is not there, and takes ten
# seconds for it under emulation. /net, /identity and /shares are the machine's own, in an archive behind the common one.
export PATH=/bin
mount -t devtmpfs dev /dev; mount -t proc proc /proc; mount -t sysfs sys /sys
while read -r module; do insmod "/modules/$module"; done < /modules/order
# Said on the console, and then the end, when the machine is only to show that it runs.
if grep -qw shakedown.trial /proc/cmdline; then echo 'shakedown: the machine runs'; reboot -f; fi

until [ -b /dev/vda ]; do sleep 0.1; done
mount -t ext4 -o noinit_itable /dev/vda /root
if [ -e /net ]; then
  # shellcheck source=/dev/null
  . /net
  ip addr add "${address:?}" dev eth0
  ip link set eth0 mtu "${mtu:?}" up
  ip route add default via "${gateway:?}"
fi

# What runs in the machine's own root: the shell that lies there.
inside() { chroot /root /usr/local/lib/shakedown/busybox sh -s; }
mount -o move /dev /root/dev; mount -t proc proc /root/proc
# It remembers that it knows who it is, so that a reboot does not undo what was changed since.
if [ -e /identity ] && [ ! -e /root/var/lib/shakedown/identity ]; then inside < /identity; fi
if [ -e /shares ]; then inside < /shares; fi
umount /root/proc; umount /sys; umount /proc
exec switch_root /root /sbin/init
