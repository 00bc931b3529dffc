import type { Resolver } from './resolver.ts';
import { quote } from './root-script.ts';

/**
 * Takes the first free subnet and puts the bridge on it, under the lock that the caller holds. Sets `net`, `mtu`. This
 * side acknowledges at once (ip-route(8), quickack): an sshd that holds back a small packet for that would do so 40 ms.
 */
export function bridgeScript(subnets: readonly string[]): string {
  return `
net=; for each in ${subnets.join(' ')}; do
  if [ -z "$(ip -4 route show exact $each.0/24)" ]; then net=$each; break; fi
done
[ -n "$net" ] || die 'no private subnet is free: routes of this machine cover all of them'
uplink=$(ip -4 route show default)
if [[ $uplink =~ \\ dev\\ ([^ ]+) ]]; then uplink=\${BASH_REMATCH[1]}; else uplink=lo; fi
mtu=$(</sys/class/net/$uplink/mtu); if [ $mtu -gt 1500 ]; then mtu=1500; fi
ip -batch - <<LINKS
link add $bridge mtu $mtu type bridge
addr add $net.1/24 dev $bridge
link set $bridge up
route change $net.0/24 dev $bridge src $net.1 quickack 1
LINKS`;
}

/**
 * Lets nodes out, and none but the main host in, by a table of the cluster's own (nft(8)), whose name begins with
 * `shakedown_`. A kernel forwards for all interfaces or for none, so that switch stays on: others may come to need it.
 * Accepting in our own table does not help against another's drop, so wherever a firewall here drops or rejects, the
 * bridge gets rules at the head of that very chain. They are such as iptables-nft can read too: it refuses to work on a
 * table in which it cannot. Without `internet` nodes reach one another and the main host, and nobody else.
 */
export function natScript(table: string, resolver: Resolver, internet = true): string {
  return `
if [ "$(</proc/sys/net/ipv4/ip_forward)" = 0 ]; then
  echo 1 > /proc/sys/net/ipv4/ip_forward
  echo 'note switched net.ipv4.ip_forward on, which it stays'
fi
nft -f - <<RULES
table ip ${table} {
  chain nat {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr $net.0/24 ip daddr != $net.0/24 masquerade
  }
  chain shield {
    type filter hook forward priority filter; policy accept;
    iifname != "$bridge" oifname "$bridge" ct state new drop
${internet ? '' : '    iifname "$bridge" oifname != "$bridge" drop\n'}  }
${relay(resolver)}}
RULES
${resolver.loopback === undefined ? '' : 'echo 1 > /proc/sys/net/ipv4/conf/$bridge/route_localnet'}
# nft warns of each table that iptables made, in lines that begin with #.
listed=$(nft -s list ruleset 2>&1) || die "$listed"
others=$(awk '
  $1 == "table" { family = $2; table = $3 }
  $1 == "chain" { chain = $2; hook = ""; told = 0 }
  $1 == "}" { hook = "" }
  /type filter hook (input|forward) / { hook = $4 }
  hook && !told && family ~ /^(ip|inet)$/ && table !~ /^shakedown_/ && /(^|[^a-z])(drop|reject)([^a-z]|$)/ {
    told = 1; print family, table, chain, hook
  }' <<<"$listed")
[ -z "$others" ] || while read -r family table chain hook; do
  echo "insert rule $family $table $chain iifname \\"$bridge\\" accept comment \\"${table}\\""
  if [ $hook = forward ]; then
    echo "insert rule $family $table $chain oifname \\"$bridge\\" accept comment \\"${table}\\""
  fi
done <<<"$others" | nft -f -`;
}

/** Queries to the bridge's address go to the server on our loopback; nothing else there can be had this way. */
const relay = ({ loopback }: Resolver): string =>
  loopback === undefined
    ? ''
    : `  chain guard {
    type filter hook prerouting priority raw; policy accept;
    iifname "$bridge" ip daddr 127.0.0.0/8 drop
  }
  chain relay {
    type nat hook prerouting priority dstnat; policy accept;
    iifname "$bridge" ip daddr $net.1 meta l4proto { tcp, udp } th dport 53 dnat to ${loopback}
  }
`;

/** The nodes' /etc/resolv.conf and /etc/hosts, as assignments to `resolv_conf` and `hosts` that use `$net`. */
export function namesScript(
  { servers, rest }: Resolver,
  nodes: readonly { readonly id: number; readonly name: string }[],
): string {
  const resolv = [
    ...servers.map((server) => `"nameserver "${server === 'main' ? '$net.1' : quote(server)}`),
    ...rest.map(quote),
  ];
  const hosts = [
    quote('127.0.0.1 localhost'),
    quote('::1 localhost ip6-localhost ip6-loopback'),
    ...nodes.map(({ id, name }) => `"$net.${id + 2} "${quote(name)}`),
  ];
  const newline = `$'\\n'`;
  return `resolv_conf=${resolv.join(newline)}\nhosts=${hosts.join(newline)}`;
}

/** Takes the table away, and the cluster's rules from the chains of others. */
const removeRules = `
for try in {1..10}; do
  rules=$(nft -a list ruleset 2>/dev/null || :)
  if [[ $rules != *"$table"* ]]; then break; fi
  # Where somebody else takes them away at this moment nft finds less than was listed, and does nothing.
  said=$(awk -v ours="\\"$table\\"" -v own="$table" '
    $1 == "table" { family = $2; table = $3; if (table == own) print "delete table", family, table }
    $1 == "chain" { chain = $2 }
    table != own && index($0, "comment " ours) { print "delete rule", family, table, chain, "handle", $NF }
  ' <<<"$rules" | nft -f - 2>&1) && rules= && break
  sleep 0.1
done
[[ $rules != *"$table"* ]] || fail "the nft rules cannot be removed: $said"`;

/**
 * Takes the links of `$bridge` away. A node's link may go by itself, with the namespace that its other end is in.
 */
const removeLinks = `
for link in /sys/class/net/\${bridge}v* /sys/class/net/$bridge; do
  ip link delete \${link##*/} 2>/dev/null || [ ! -e $link ] || fail "the link \${link##*/} cannot be removed"
done`;

/** Takes away what `bridgeScript` and `natScript` made of `$bridge` and `$table`; the caller has `fail`. */
export const removeBridge = `${removeLinks}${removeRules}`;

/**
 * Begins with that beside what comes next: the kernel takes some 50 ms for the links. What is made at this very moment
 * it may miss, and `removeBridge` afterwards, which costs little then, does not. Sets `early`, to wait for: it ends with
 * 0 where nothing is left.
 */
export const beginRemoval = `
( fail() { failed=1; }; failed=${removeBridge}
[ -z "$failed" ] ) >/dev/null 2>&1 & early=$!`;
