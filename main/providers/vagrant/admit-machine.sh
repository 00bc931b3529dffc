# shellcheck shell=sh
# Gives a machine its `name` and the names of all machines, `hosts` (lines of hosts(5)), and lets vagrant's user
# `vagrant_user` in by `public_key` from now on, and no more by the key that everybody knows. Runs on it as root.
: "${name:?}" "${hosts:?}" "${vagrant_user:?}" "${public_key:?}"
echo "$name" > /etc/hostname
hostname "$name"
sed -i '/# shakedown$/d' /etc/hosts
printf '%s\n' "$hosts" | sed 's/$/ # shakedown/' >> /etc/hosts

keys=$(getent passwd "$vagrant_user" | cut -d: -f6)/.ssh/authorized_keys
echo "$public_key" >> "$keys"
sed -i '/vagrant insecure public key/d' "$keys"
