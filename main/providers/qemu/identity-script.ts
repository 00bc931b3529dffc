import { quote } from '../host/root-script.ts';
import { identityMarker } from './guest-files.ts';

export interface Identity {
  readonly name: string;
  readonly machineId: string;
  readonly hostKey: string;
  readonly publicHostKey: string;
  readonly user: string;
  readonly publicKey: string;
}

/**
 * The part of a machine that tells it who it is, for bash in that machine, booted or not. `$hosts` and `$resolv_conf`
 * are set before it.
 */
export function identityScript(who: Identity): string {
  const { name, machineId, hostKey, publicHostKey, user, publicKey } = who;
  return `
umask 022
echo ${name} > /etc/hostname
echo "$hosts" > /etc/hosts
echo "$resolv_conf" > /etc/resolv.conf
echo ${machineId} > /etc/machine-id
umask 077; printf %s ${quote(hostKey)} > /etc/ssh/ssh_host_ed25519_key; umask 022
echo ${quote(publicHostKey)} > /etc/ssh/ssh_host_ed25519_key.pub
authorize() {
  mkdir -p -m 700 $1/.ssh
  echo ${quote(publicKey)} > $1/.ssh/authorized_keys
  chown -R --reference=$1 $1/.ssh
}
authorize /root
${user === 'root' ? '' : account(user)}
mkdir -p ${identityMarker.replace(/\/[^/]*$/, '')}
: > ${identityMarker}
`;
}

const account = (user: string): string => `
useradd -m -s /bin/bash ${user} 2>/dev/null || usermod -s /bin/bash ${user}
echo '${user} ALL=(ALL:ALL) NOPASSWD: ALL' > /etc/sudoers.d/shakedown
chmod 440 /etc/sudoers.d/shakedown
authorize $(awk -F: -v user=${user} '$1 == user { print $6 }' /etc/passwd)`;

/** RNDADDENTROPY and RNDRESEEDCRNG (random(4)), with 32 bytes that count as 256 bits. */
const reseed = `perl -e 'open(my $r, "+<", "/dev/urandom") or die $!; my $b = pack("H*", $ARGV[0]);
ioctl($r, 0x40085203, pack("iia*", 256, 32, $b)) or die "entropy: $!"; ioctl($r, 0x5207, 0) or die "reseed: $!"' --`;

/**
 * Makes a clone another machine than the one whose memory it woke up with: randomness first, since all that comes
 * after may need it; then the clock, who it is, its network, and the daemons that knew the old identity. `seed` is 64
 * hex digits, `now` ms since the epoch. `$address`, `$gateway`, `$mtu` and `$mac` are set before it.
 */
export function cloneScript({ seed, now, bootId }: { seed: string; now: number; bootId: string }): string {
  return `
set -e
${reseed} ${seed}
date -s @${(now / 1000).toFixed(3)} >/dev/null
read -r name < /etc/hostname
echo "$name" > /proc/sys/kernel/hostname
mkdir -p /run/shakedown; echo ${bootId} > /run/shakedown/boot_id
mount --bind /run/shakedown/boot_id /proc/sys/kernel/random/boot_id
# sshd removes this file when it is told to begin anew, and writes it when it has read the new host key.
read -r sshd < /run/sshd.pid; kill -HUP $sshd; rm -f /run/sshd.pid
for try in {1..300}; do [ ! -s /run/sshd.pid ] || break; sleep 0.05; done
ip link set eth0 address $mac mtu $mtu
ip addr add $address dev eth0
ip link set eth0 up
ip route add default via $gateway
systemctl restart --no-block systemd-journald
`;
}
