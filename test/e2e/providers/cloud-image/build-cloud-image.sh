#!/bin/bash
# build-cloud-image.sh IMAGE MIRROR [PROXY]: a cloud image of Debian bookworm as qcow2, made like Debian's own
# "genericcloud" ones: GPT with a BIOS boot partition, GRUB, the cloud kernel with its own initrd, cloud-init, netplan
# and systemd-networkd, systemd-resolved, sshd; no host key, no machine-id, no login.
set -eu
image=$1 mirror=$2 proxy=${3:-}
work=$(mktemp -d "$image.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
root=$work/root

packages=linux-image-cloud-amd64,initramfs-tools,zstd,grub-pc-bin,cloud-init,cloud-guest-utils,netplan.io
packages+=,systemd,systemd-sysv,systemd-resolved,dbus,openssh-server,sudo,iproute2,iputils-ping,procps,ca-certificates
mmdebstrap --quiet --mode=root --variant=minbase --include="$packages" \
  --aptopt='APT::Install-Recommends "false"' ${proxy:+--aptopt="Acquire::http::Proxy \"$proxy\""} \
  --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' \
  bookworm "$root" "deb $mirror bookworm main" >&2

# As on Debian's images, but for timers that would take the only core of an emulated machine while it is tested.
rm -f "$root"/etc/ssh/ssh_host_*_key* "$root/etc/hostname" "$root"/etc/apt/apt.conf.d/99mmdebstrap
: > "$root/etc/machine-id"
ln -sf ../run/systemd/resolve/stub-resolv.conf "$root/etc/resolv.conf"
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
echo LANG=C.UTF-8 > "$root/etc/default/locale"
rm -rf "$root"/var/cache/apt/*.bin "$root"/var/lib/apt/lists/*_*

uuid=$(cat /proc/sys/kernel/random/uuid)
echo "UUID=$uuid / ext4 rw,discard,errors=remount-ro,x-systemd.growfs 0 1" > "$root/etc/fstab"
version=$(basename "$root"/boot/vmlinuz-* | cut -d - -f 2-)
mkdir -p "$root/boot/grub"
cat > "$root/boot/grub/grub.cfg" <<CONFIG
serial --speed=115200
terminal_input console serial
terminal_output console serial
set timeout=0
menuentry 'Debian GNU/Linux' {
  search --no-floppy --fs-uuid --set=root $uuid
  linux /boot/vmlinuz-$version root=UUID=$uuid ro console=tty0 console=ttyS0,115200 consoleblank=0
  initrd /boot/initrd.img-$version
}
CONFIG

# The whole disk in sectors of 512 bytes: what `grub-install` does on a device, done to a file.
boot=2048 first=6144
megabytes=$(($(du -sxm --apparent-size "$root" | cut -f 1) * 5 / 4 + 200))
sectors=$((first + megabytes * 2048 + 2048))
truncate -s $((sectors * 512)) "$root/tmp/disk"
chroot "$root" sfdisk --quiet /tmp/disk <<TABLE
label: gpt
1 : start=$first, size=$((megabytes * 2048)), type=L
14 : start=$boot, size=$((first - boot)), type=21686148-6449-6E6F-744E-656564454649
TABLE
mv "$root/tmp/disk" "$work/disk"
mke2fs -q -t ext4 -U "$uuid" -L cloudimg-rootfs -E "offset=$((first * 512)),lazy_itable_init=1,lazy_journal_init=1" \
  -d "$root" "$work/disk" "${megabytes}M"
grub=$root/usr/lib/grub/i386-pc
chroot "$root" grub-mkimage -O i386-pc -o /tmp/core.img -p '(hd0,gpt1)/boot/grub' \
  biosdisk part_gpt ext2 normal configfile search search_fs_uuid serial terminal linux echo test
# GRUB's boot.img and core.img hold the sectors at which the next part lies (util/setup.c of GRUB).
number() { perl -e 'print pack "Q<", $ARGV[0]' "$1"; }
put() { dd of="$work/disk" bs=1 seek="$1" conv=notrunc status=none; }
head -c 440 "$grub/boot.img" | put 0
number $boot | put $((0x5c))
put $((boot * 512)) < "$root/tmp/core.img"
number $((boot + 1)) | put $((boot * 512 + 0x1f4))

qemu-img convert -f raw -O qcow2 "$work/disk" "$work/image"
mv "$work/image" "$image"
