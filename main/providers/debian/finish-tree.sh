# shellcheck shell=sh
# What is done to a tree once its packages are in; $1 is its root. A hook of mmdebstrap.
set -e
root=$1

# Nobody reads manuals on a node. mmdebstrap's path-exclude, which starts a filter for each package, takes seconds more.
find "$root"/usr/share/doc -type f ! -name copyright -delete
rm -rf "$root"/usr/share/man/* "$root"/usr/share/locale/*

# What makes a node itself comes with each node.
rm -f "$root"/etc/ssh/ssh_host_*_key* "$root"/etc/hostname "$root"/etc/resolv.conf
: > "$root"/etc/machine-id
printf '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n' > "$root"/etc/hosts

# Units that only cost time in a container that lives for minutes.
mkdir -p "$root"/etc/systemd/system "$root"/etc/tmpfiles.d
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service \
  fstrim.timer getty.target getty@.service console-getty.service \
  systemd-logind.service systemd-resolved.service systemd-timesyncd.service
do ln -sf /dev/null "$root/etc/systemd/system/$unit"; done
# Otherwise logins other than root's are turned away while the node boots, as if the key were wrong.
ln -sf /dev/null "$root"/etc/tmpfiles.d/systemd-nologin.conf

# Nodes need no protection against a power cut, and packages come in faster without.
echo force-unsafe-io > "$root"/etc/dpkg/dpkg.cfg.d/shakedown
