#!/bin/sh
# What runs first in a container, as `sh /.shakedown/given/init MODE USER [the image's own command]`: it
# takes what is given beside it, lets us in, and becomes the image's init. A container has its host's boot id
# (proc(5)), by which nobody could tell a reboot: each boot gets one of its own, as systemd-nspawn(1) does
# it. MODE is `systemd` or `sshd`: what may be process 1.
mode=$1 user=$2; shift 2
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
here=/.shakedown given=/.shakedown/given
say() { echo "shakedown: $*" >&2; }

authorize() {
  mkdir -p "$2/.ssh"; chmod 700 "$2/.ssh"
  cp $given/authorized_keys "$2/.ssh/authorized_keys"; chmod 600 "$2/.ssh/authorized_keys"
  chown -R "$1:" "$2/.ssh" 2>/dev/null || chown -R "$1" "$2/.ssh"
}
add_user() {
  id "$user" >/dev/null 2>&1 || useradd -m -s "$(command -v bash || echo /bin/sh)" "$user" 2>/dev/null ||
    adduser -D "$user" || { say "the account '$user' could not be made"; exit 1; }
  usermod -p '*' "$user" 2>/dev/null || :
  mkdir -p /etc/sudoers.d
  printf '%s ALL=(ALL:ALL) NOPASSWD: ALL\n' "$user" > /etc/sudoers.d/shakedown
  chmod 440 /etc/sudoers.d/shakedown
  authorize "$user" "$(awk -F: -v user="$user" '$1 == user { print $6 }' /etc/passwd)"
}
if [ ! -e $here/authorized ]; then
  mkdir -p /etc/ssh
  cp $given/ssh_host_ed25519_key $given/ssh_host_ed25519_key.pub /etc/ssh/
  chmod 600 /etc/ssh/ssh_host_ed25519_key
  cp $given/machine-id /etc/machine-id
  authorize root /root
  [ "$user" = root ] || add_user
  : > $here/authorized
fi

{ cat /proc/sys/kernel/random/uuid > $here/boot_id &&
  mount --bind $here/boot_id /proc/sys/kernel/random/boot_id; } 2>/dev/null ||
  say 'boot ids cannot be set here'

run_sshd() {
  if ! sshd=$(command -v sshd); then
    say 'this image has no sshd (and no systemd that could be used here)'
    exit 127
  fi
  mkdir -p /run/sshd; chmod 755 /run/sshd
  exec "$sshd" -D -e
}
run_systemd() {
  # Mounted read-only by Docker; a systemd that cannot write there does not know which process is whose.
  for groups in /sys/fs/cgroup/systemd /sys/fs/cgroup; do
    [ -e $groups/cgroup.procs ] && mount -o remount,bind,rw $groups 2>/dev/null
  done
  exec "$@"
}
case "$*" in
  *systemd* | /sbin/init* | /usr/sbin/init* | init*) own=systemd ;;
  *sshd*) own=sshd ;;
  *) own= ;;
esac
if [ "$own" = sshd ]; then mkdir -p /run/sshd; exec "$@"; fi
[ "$mode" = systemd ] || run_sshd
if [ "$own" = systemd ]; then run_systemd "$@"; fi
for init in /lib/systemd/systemd /usr/lib/systemd/systemd; do
  if [ -x $init ]; then run_systemd $init; fi
done
run_sshd
