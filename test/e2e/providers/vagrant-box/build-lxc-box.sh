#!/bin/bash
# build-lxc-box.sh TREE BOX: a box for vagrant-lxc (its BOXES.md) of a Debian tree with systemd, sshd and sudo.
set -eu
tree=$1 box=$2
work=$(mktemp -d "$box.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/over/etc/{ssh,sudoers.d,systemd/network,systemd/system/multi-user.target.wants} \
  "$work"/over/etc/systemd/system/sockets.target.wants "$work"/over/home/vagrant/.ssh
over=$work/over

# The account that every Vagrant box has (developer.hashicorp.com/vagrant/docs/boxes/base), in the tree's own files.
sed '/^vagrant:/d' "$tree/etc/passwd" > "$over"/etc/passwd
sed '/^vagrant:/d' "$tree/etc/group" > "$over"/etc/group
sed '/^vagrant:/d' "$tree/etc/shadow" > "$over"/etc/shadow
echo 'vagrant:x:900:900::/home/vagrant:/bin/bash' >> "$over"/etc/passwd
echo 'vagrant:x:900:' >> "$over"/etc/group
echo 'vagrant:*:19000:0:99999:7:::' >> "$over"/etc/shadow
chmod 640 "$over"/etc/shadow; chgrp shadow "$over"/etc/shadow
echo 'vagrant ALL=(ALL) NOPASSWD: ALL' > "$over"/etc/sudoers.d/vagrant; chmod 440 "$over"/etc/sudoers.d/vagrant
# Vagrant's public key that everybody knows; `vagrant up` puts a new one in its place.
cp "$(ruby -e 'puts Gem::Specification.find_by_name("vagrant").gem_dir')/keys/vagrant.pub" "$over"/home/vagrant/.ssh/authorized_keys
chmod 700 "$over"/home/vagrant/.ssh; chmod 600 "$over"/home/vagrant/.ssh/authorized_keys
chown -R 900:900 "$over"/home/vagrant

ssh-keygen -q -t ed25519 -N '' -C box -f "$over"/etc/ssh/ssh_host_ed25519_key
printf '[Match]\nName=eth0\n[Network]\nDHCP=ipv4\n[DHCPv4]\nClientIdentifier=mac\n' > "$over"/etc/systemd/network/eth0.network
ln -s /lib/systemd/system/systemd-networkd.service "$over"/etc/systemd/system/multi-user.target.wants/
ln -s /lib/systemd/system/systemd-networkd.socket "$over"/etc/systemd/system/sockets.target.wants/
ln -sf /dev/null "$over"/etc/systemd/system/systemd-networkd-wait-online.service
printf '127.0.0.1 localhost\n' > "$over"/etc/hosts

# Later entries of a tar file replace earlier ones of the same name. Each container unpacks all of it: what takes space
# and is not asked for stays away.
tar --xattrs --xattrs-include="*" --numeric-owner --anchored \
  --exclude='./var/lib/apt/lists/*' --exclude='./var/cache/*' --exclude='./usr/share/perl*' \
  --exclude='./usr/lib/*/gconv' --exclude='./usr/lib/*/perl' \
  -c -C "$tree" . -C "$over" . | gzip -1 > "$work/rootfs.tar.gz"
cat > "$work/metadata.json" <<'JSON'
{ "provider": "lxc", "version": "1.0.0", "template-opts": { "--strip-components": "1" } }
JSON
cat > "$work/lxc-config" <<'CONFIG'
lxc.include = /usr/share/lxc/config/common.conf
lxc.apparmor.profile = unconfined
lxc.arch = amd64
CONFIG
tar -C "$work" -cf "$box" metadata.json lxc-config rootfs.tar.gz
