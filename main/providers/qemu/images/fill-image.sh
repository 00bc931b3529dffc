# shellcheck shell=bash
# The part of build-image.sh that is done in namespaces of its own: makes vmlinuz, initrd.gz, busybox and root.raw in the
# folder `new`. Given by the environment: lower (the tree), new, apt_proxy, kernel_packages, init, port.
set -eu
: "${lower:?}" "${new:?}" "${apt_proxy?}" "${kernel_packages:?}" "${init:?}" "${port:?}"

# The tree with an overlay over it, as the root of all that follows.
lay_over() {
  local notes=
  mount --make-rprivate /
  # In a user namespace an overlay's own notes go into other attributes, or it can rename no folder (overlayfs, User
  # xattr).
  grep -q '^ *0 *0 *4294967295$' /proc/self/uid_map || notes=,userxattr
  mount -t overlay overlay -o "lowerdir=$lower,upperdir=$new/upper,workdir=$new/work$notes" "$new/root"
  cd "$new/root"
  # With all that is mounted below: in a user namespace nothing may be shown that was hidden.
  mount -t proc proc proc; mount --rbind /sys sys; mount --rbind /dev dev
  mount -t tmpfs tmp tmp; mount -t tmpfs run run
}

apt() {
  chroot . apt-get -qq -o APT::Sandbox::User=root ${apt_proxy:+-o Acquire::http::Proxy="$apt_proxy"} "$@"
}

add_packages() {
  # shellcheck disable=SC2086 # Several words.
  apt install -y --no-install-recommends $kernel_packages &&
    chroot . sh -c 'cd /tmp && apt-get -qq -o APT::Sandbox::User=root download busybox-static'
}

install_kernel() {
  printf '#!/bin/sh\nexit 101\n' > usr/sbin/policy-rc.d; chmod 755 usr/sbin/policy-rc.d
  cp /etc/resolv.conf etc/resolv.conf
  # The lists in the tree may be older than the mirror.
  add_packages || { apt update; add_packages; }
  rm -f var/cache/apt/archives/*.deb
  chroot . apt-cache gencaches
  rm -f usr/sbin/policy-rc.d etc/resolv.conf
  dpkg-deb -x tmp/busybox-static_*.deb tmp/busybox
  cp tmp/busybox/*bin/busybox "$new/busybox" 2>/dev/null || cp tmp/busybox/usr/bin/busybox "$new/busybox"
}

# Sets `version`, that of the newest kernel.
copy_kernel() {
  local kernel
  for kernel in boot/vmlinuz-*; do :; done
  cp "$kernel" "$new/vmlinuz"; chmod 644 "$new/vmlinuz"
  version=${kernel#boot/vmlinuz-}
}

source ./unpack-modules.sh

pack_initrd() {
  local program initrd=$new/initrd
  mkdir -p "$initrd"/{bin,dev,proc,sys,root,modules}
  cp "$new/busybox" "$initrd/bin/busybox"
  for program in sh mount umount insmod grep ip chroot switch_root mkdir touch cat sleep reboot rm cp mv; do
    ln -s busybox "$initrd/bin/$program"
  done
  printf %s "$init" > "$initrd/init"; chmod 755 "$initrd/init"
  # What the kernel needs before it can see the disk, and the network card.
  chroot . modprobe -S "$version" -D -a virtio_pci virtio_blk virtio_net virtio_rng | unpack_modules "$initrd"
  (cd "$initrd" && find . | "$new/busybox" cpio -o -H newc 2>/dev/null | gzip -9) > "$new/initrd.gz"
}

# The port through which the main host gives commands when there is no network yet. One program that needs no library
# costs a tenth of many small ones under emulation: so it is busybox that runs them.
add_port() {
  mkdir -p usr/local/lib/shakedown etc/systemd/system/multi-user.target.wants
  cp "$new/busybox" usr/local/lib/shakedown/busybox
  printf %s "$port" > usr/local/lib/shakedown/port
  cat > etc/systemd/system/shakedown-port.service <<'UNIT'
[Unit]
Description=Commands from the main host that made this machine
DefaultDependencies=no
After=sysinit.target
[Service]
ExecStart=/usr/local/lib/shakedown/busybox sh /usr/local/lib/shakedown/port
StandardInput=file:/dev/ttyS1
StandardOutput=file:/dev/ttyS1
StandardError=journal
Restart=always
[Install]
WantedBy=multi-user.target
UNIT
  ln -sf ../shakedown-port.service etc/systemd/system/multi-user.target.wants/
}

# Units of no use in a machine that lives for minutes; some of them take a second under emulation.
mask_units() {
  local unit
  for unit in systemd-pstore.service modprobe@efi_pstore.service sys-kernel-debug.mount sys-kernel-tracing.mount \
    systemd-update-utmp.service systemd-update-utmp-runlevel.service
  do ln -sf /dev/null "etc/systemd/system/$unit"; done
}

make_disk() {
  local megabytes
  echo '/dev/vda / ext4 noinit_itable,errors=remount-ro 0 0' > etc/fstab
  umount tmp run proc; umount -l dev sys
  : > etc/resolv.conf
  megabytes=$(($(du -sxm --apparent-size . | cut -f 1) * 5 / 4 + 128))
  mke2fs -q -t ext4 -L shakedown -J size=32 -m 0 -N 65536 -d . \
    -E lazy_itable_init=1,lazy_journal_init=1,nodiscard,root_owner=0:0 "$new/root.raw" "${megabytes}M"
}

umask 022
# The kernel's own scripts heed INITRD; ours is another.
export DEBIAN_FRONTEND=noninteractive INITRD=No LC_ALL=C
lay_over
install_kernel
copy_kernel
pack_initrd
add_port
mask_units
make_disk
