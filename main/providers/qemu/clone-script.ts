/** RNDADDENTROPY and RNDRESEEDCRNG (random(4)), with 32 bytes that count as 256 bits. */
const reseed = `perl -e 'open(my $r, "+<", "/dev/urandom") or die $!; my $b = pack("H*", $ARGV[0]);
ioctl($r, 0x40085203, pack("iia*", 256, 32, $b)) or die "entropy: $!"; ioctl($r, 0x5207, 0) or die "reseed: $!"' --`;

/**
 * Makes a clone another machine than the one whose memory it woke up with: randomness first, since all that comes
 * after may need it; then the clock, who it is, its network, and the daemons that knew the old identity. `seed` is 64
 * hex digits, `now` ms since the epoch. Goes between the machine's own `/net`, which sets `$address`, `$gateway`,
 * `$mtu` and `$mac`, and what comes of its shares; `identify` is its identity script.
 */
export function cloneScript(clone: { seed: string; now: number; bootId: string }, identify = ''): string {
  return `
set -e
${reseed} ${clone.seed}
date -s @${(clone.now / 1000).toFixed(3)} >/dev/null
${identify}
read -r name < /etc/hostname
echo "$name" > /proc/sys/kernel/hostname
mkdir -p /run/shakedown; echo ${clone.bootId} > /run/shakedown/boot_id
mount --bind /run/shakedown/boot_id /proc/sys/kernel/random/boot_id
# sshd removes this file when it is told to begin anew, and writes it when it has read the new host key.
read -r sshd < /run/sshd.pid; rm -f /run/sshd.pid; kill -HUP $sshd
for try in {1..600}; do [ ! -s /run/sshd.pid ] || break; sleep 0.05; done
ip link set eth0 address $mac mtu $mtu
ip addr add $address dev eth0
ip link set eth0 up
ip route add default via $gateway
systemctl restart --no-block systemd-journald
`;
}
