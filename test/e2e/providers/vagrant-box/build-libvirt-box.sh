#!/bin/bash
# build-libvirt-box.sh TREE BOX FOLDER: a box for vagrant-libvirt of a Debian tree with systemd, sshd and sudo, to be
# tried by hand. The kernel and its initrd are put into FOLDER, from which libvirt boots them directly.
set -eu
tree=$1 box=$2 folder=$3
work=$(mktemp -d "$box.XXXXXX")
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$folder"
cp -a "$tree/." "$root"

cp /etc/resolv.conf "$root/etc/resolv.conf"
printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d"; chmod 755 "$root/usr/sbin/policy-rc.d"
DEBIAN_FRONTEND=noninteractive chroot "$root" sh -c 'apt-get update -qq && apt-get install -y -qq --no-install-recommends linux-image-cloud-amd64 initramfs-tools zstd udev rsync'
rm "$root/usr/sbin/policy-rc.d" "$root/etc/resolv.conf"
cp "$root"/boot/vmlinuz-* "$folder/vmlinuz"
cp "$root"/boot/initrd.img-* "$folder/initrd"
rm -rf "${root:?}"/boot/* "$root"/var/cache/apt/archives/*.deb

chroot "$root" useradd -m -s /bin/bash -u 900 vagrant
echo 'vagrant ALL=(ALL) NOPASSWD: ALL' > "$root/etc/sudoers.d/vagrant"; chmod 440 "$root/etc/sudoers.d/vagrant"
mkdir -m 700 "$root/home/vagrant/.ssh"
cp "$(ruby -e 'puts Gem::Specification.find_by_name("vagrant").gem_dir')/keys/vagrant.pub" "$root/home/vagrant/.ssh/authorized_keys"
chown -R 900:900 "$root/home/vagrant/.ssh"; chmod 600 "$root/home/vagrant/.ssh/authorized_keys"

ssh-keygen -q -t ed25519 -N '' -C box -f "$root/etc/ssh/ssh_host_ed25519_key"
printf '[Match]\nName=e*\n[Network]\nDHCP=ipv4\n' > "$root/etc/systemd/network/wired.network"
chroot "$root" systemctl enable -q systemd-networkd
ln -sf /dev/null "$root/etc/systemd/system/systemd-networkd-wait-online.service"
# It hears the power button, by which vagrant-libvirt shuts down.
rm -f "$root/etc/systemd/system/systemd-logind.service"
printf '127.0.0.1 localhost\n' > "$root/etc/hosts"; echo debian > "$root/etc/hostname"
echo '/dev/vda / ext4 defaults 0 1' > "$root/etc/fstab"

mke2fs -q -t ext4 -d "$root" "$work/root.raw" 2G
qemu-img convert -f raw -O qcow2 "$work/root.raw" "$work/box.img"
echo '{ "provider": "libvirt", "format": "qcow2", "virtual_size": 2 }' > "$work/metadata.json"
cat > "$work/Vagrantfile" <<VAGRANTFILE
Vagrant.configure('2') do |config|
  config.vm.guest = :debian
  config.vm.provider :libvirt do |libvirt|
    libvirt.kernel = '$folder/vmlinuz'
    libvirt.initrd = '$folder/initrd'
    libvirt.cmd_line = 'root=/dev/vda rw console=ttyS0 mitigations=off'
  end
end
VAGRANTFILE
tar -C "$work" -cf "$box" metadata.json Vagrantfile box.img
