/**
 * What lies in the machines themselves, besides Debian: the first program of the initrd, and a port through which the
 * main host gives commands when there is no network yet.
 */

/**
 * The shell and tools of all that runs in machines for us. One program that needs no library costs a tenth of many
 * small ones under emulation.
 */
export const guestShell = '/usr/local/lib/shakedown/busybox';
export const portProgramFile = '/usr/local/lib/shakedown/port';

/** Modules that the kernel needs before it can see the disk, and the network card. */
export const initrdModules = ['virtio_pci', 'virtio_blk', 'virtio_net', 'virtio_rng'];

/** Programs of busybox that `init` uses. */
export const initrdPrograms = [
  'sh mount umount insmod grep ip chroot switch_root mkdir touch cat sleep reboot rm cp mv',
].flatMap((names) => names.split(' '));

/** Said on the console, and then the end, when the machine is only to show that it runs. */
export const trialWord = 'shakedown: the machine runs';

/** Where a machine remembers that it knows who it is, so that a reboot does not undo what was changed since. */
const marker = '/var/lib/shakedown/identity';

/**
 * /init of the initrd: loads the modules, mounts the disk, sets the addresses, tells the machine who it is and hands
 * over. The stock initrd does much more, for hardware that is not there, and takes ten seconds for it under emulation.
 * `/net`, `/identity` and `/shares` are the machine's own, in an archive behind the common one.
 */
export const init = `#!/bin/sh
export PATH=/bin
mount -t devtmpfs dev /dev; mount -t proc proc /proc; mount -t sysfs sys /sys
while read -r module; do insmod /modules/$module; done < /modules/order
if grep -qw shakedown.trial /proc/cmdline; then echo '${trialWord}'; reboot -f; fi
until [ -b /dev/vda ]; do sleep 0.1; done
mount -t ext4 -o noinit_itable /dev/vda /root
if [ -e /net ]; then
  . /net
  ip addr add $address dev eth0
  ip link set eth0 mtu $mtu up
  ip route add default via $gateway
fi
mount -o move /dev /root/dev; mount -t proc proc /root/proc
if [ -e /identity ] && [ ! -e /root${marker} ]; then chroot /root ${guestShell} sh -s < /identity; fi
if [ -e /shares ]; then chroot /root ${guestShell} sh -s < /shares; fi
umount /root/proc; umount /sys; umount /proc
exec switch_root /root /sbin/init
`;

/** The service on the second serial port. */
export const portUnit = `[Unit]
Description=Commands from the main host that made this machine
DefaultDependencies=no
After=sysinit.target
[Service]
ExecStart=${guestShell} sh ${portProgramFile}
StandardInput=file:/dev/ttyS1
StandardOutput=file:/dev/ttyS1
StandardError=journal
Restart=always
[Install]
WantedBy=multi-user.target
`;

/**
 * Reads lines `NUMBER SCRIPT`, the script in base64, runs each and answers `NUMBER EXIT-CODE OUTPUT`, the output in
 * base64. What comes before it listens is lost, so it answers to a mere `NUMBER` as well.
 */
export const portProgram = `stty -F /dev/ttyS1 raw -echo
while read -r number script; do
  if [ -z "$script" ]; then echo "$number 0"; continue; fi
  output=$(echo "$script" | base64 -d | sh 2>&1); code=$?
  echo "$number $code $(echo "$output" | base64 -w 0)"
done
`;

/** Units of no use in a machine that lives for minutes; some of them take a second under emulation. */
export const maskedUnits = [
  'systemd-pstore.service',
  'modprobe@efi_pstore.service',
  'sys-kernel-debug.mount',
  'sys-kernel-tracing.mount',
  'systemd-update-utmp.service',
  'systemd-update-utmp-runlevel.service',
];

/** Words for the kernel. The console is read by people who look for what went wrong, and by no terminal. */
export const kernelWords =
  'root=/dev/vda rw console=ttyS0 net.ifnames=0 mitigations=off loglevel=4 panic=-1 TERM=dumb';

export const identityMarker = marker;
