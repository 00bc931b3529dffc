/**
 * RNDADDENTROPY and RNDRESEEDCRNG (random(4)), with 32 bytes that count as 256 bits; and then clock_settime(2), number
 * 227, of CLOCK_REALTIME. Of what every Debian has only Perl can do such things.
 */
const reseedAndSetClock = `perl -e 'my ($seed, $s, $ms) = @ARGV; open(my $r, "+<", "/dev/urandom") or die "random: $!";
ioctl($r, 0x40085203, pack("iia*", 256, 32, pack("H*", $seed))) or die "entropy: $!"; ioctl($r, 0x5207, 0) or die "reseed: $!";
syscall(227, 0, pack("qq", $s, $ms * 1000000)) == 0 or die "clock: $!"' --`;

/** New randomness and the time of day. `seed` is 64 hex digits, `now` ms since the epoch. */
export const freshen = ({ seed, now }: { readonly seed: string; readonly now: number }): string =>
  `${reseedAndSetClock} ${seed} ${Math.floor(now / 1000)} ${Math.floor(now % 1000)}`;

/**
 * Makes a clone another machine than the one whose memory it woke up with: randomness first, since all that comes
 * after may need it; then the clock, who it is, its network, and the daemons that knew the old identity. Goes between the machine's own `/net`, which sets `$address`, `$gateway`,
 * `$mtu` and `$mac`, and what comes of its shares; `identify` is its identity script.
 */
export function cloneScript(clone: { seed: string; now: number; bootId: string }, identify = ''): string {
  return `
set -e
${freshen(clone)}
${identify}
read -r name < /etc/hostname
echo "$name" > /proc/sys/kernel/hostname
mkdir -p /run/shakedown; echo ${clone.bootId} > /run/shakedown/boot_id
mount --bind /run/shakedown/boot_id /proc/sys/kernel/random/boot_id
# sshd removes this file when it is told to begin anew, and writes it when it has read the new host key. Where systemd
# listens for it (Ubuntu), it has not begun.
if [ -s /run/sshd.pid ]; then
  read -r sshd < /run/sshd.pid; rm -f /run/sshd.pid; kill -HUP $sshd
  tries=600; until [ -s /run/sshd.pid ] || [ $tries = 0 ]; do tries=$((tries - 1)); sleep 0.05; done
fi
ip link set eth0 address $mac mtu $mtu
ip addr add $address dev eth0
ip link set eth0 up
ip route add default via $gateway
systemctl restart --no-block systemd-journald
`;
}
