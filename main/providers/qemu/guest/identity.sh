# shellcheck shell=sh
# Tells a machine who it is; runs in it, booted or not, in busybox. Given: hosts and resolv_conf (the texts of the
# files), name, machine_id, host_key and public_host_key, and the user whom public_key lets in beside root.
: "${hosts?}" "${resolv_conf?}" "${name:?}" "${machine_id:?}" "${host_key:?}" "${public_host_key:?}"
: "${user:?}" "${public_key?}"
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
umask 022
echo "$name" > /etc/hostname
echo "$hosts" > /etc/hosts
echo "$resolv_conf" > /etc/resolv.conf
echo "$machine_id" > /etc/machine-id
umask 077; printf %s "$host_key" > /etc/ssh/ssh_host_ed25519_key; umask 022
echo "$public_host_key" > /etc/ssh/ssh_host_ed25519_key.pub

# authorize HOME: lets the key into the account of that home.
authorize() {
  [ -d "$1/.ssh" ] || mkdir -m 700 "$1/.ssh"
  echo "$public_key" > "$1/.ssh/authorized_keys"
  chown -R "$(stat -c %u:%g "$1")" "$1/.ssh"
}
authorize /root
if [ "$user" != root ]; then
  useradd -m -s /bin/bash "$user" 2>/dev/null || usermod -s /bin/bash "$user"
  echo "$user ALL=(ALL:ALL) NOPASSWD: ALL" > /etc/sudoers.d/shakedown
  chmod 440 /etc/sudoers.d/shakedown
  authorize "$(awk -F: -v user="$user" '$1 == user { print $6 }' /etc/passwd)"
fi

mkdir -p /var/lib/shakedown
: > /var/lib/shakedown/identity
