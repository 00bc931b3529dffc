# shellcheck shell=sh
# New randomness and the time of day for a machine that went on from a memory of the past. Given: seed (64 hex digits),
# seconds and milliseconds since the epoch.
#
# RNDADDENTROPY and RNDRESEEDCRNG (random(4)), with 32 bytes that count as 256 bits; then clock_settime(2), number 227,
# of CLOCK_REALTIME. Of what every Debian has only Perl can do such things.
set -e
perl -e '
  my ($seed, $s, $ms) = @ARGV;
  open(my $random, "+<", "/dev/urandom") or die "random: $!";
  ioctl($random, 0x40085203, pack("iia*", 256, 32, pack("H*", $seed))) or die "entropy: $!";
  ioctl($random, 0x5207, 0) or die "reseed: $!";
  syscall(227, 0, pack("qq", $s, $ms * 1000000)) == 0 or die "clock: $!";
' -- "${seed:?}" "${seconds:?}" "${milliseconds:?}"
