# shellcheck shell=bash
# The network of a cluster: a bridge on a subnet of its own, with a way out, and the names of its nodes.
: "${bridge:?the name of the link}" "${table:?the name of the nft table, which begins with shakedown_}"
# Whether nodes get out; the server on our loopback that the nodes' queries go to, if they go there.
: "${internet?}" "${loopback_resolver?}"
# Subnets to choose from, as 10.101.7; lines of resolv.conf: servers (`main` for this host), and others.
declare -a subnets name_servers resolver_lines
# The nodes' names, and for each the last number of its address.
declare -a node_names node_hosts

# Takes the first subnet that no route uses and puts the bridge on it, under the lock that the caller holds.
# Sets `net` and `mtu`. This side acknowledges at once (ip-route(8), quickack): an sshd that holds back a
# small packet until the one before is acknowledged would do so for 40 ms.
make_bridge() {
  local subnet uplink
  net=
  for subnet in "${subnets[@]}"; do
    if [ -z "$(ip -4 route show exact "$subnet.0/24")" ]; then net=$subnet; break; fi
  done
  [ -n "$net" ] || die 'no private subnet is free: routes of this machine cover all of them'
  uplink=$(ip -4 route show default)
  if [[ $uplink =~ \ dev\ ([^ ]+) ]]; then uplink=${BASH_REMATCH[1]}; else uplink=lo; fi
  mtu=$(<"/sys/class/net/$uplink/mtu")
  if [ "$mtu" -gt 1500 ]; then mtu=1500; fi
  ip -batch - <<LINKS
link add $bridge mtu $mtu type bridge
addr add $net.1/24 dev $bridge
link set $bridge up
route change $net.0/24 dev $bridge src $net.1 quickack 1
LINKS
}

# Lets nodes out, and nobody but the main host in, by a table of the cluster's own (nft(8)). Without
# `internet` nodes reach one another and the main host, and nobody else. A kernel forwards for all interfaces
# or for none, so that switch stays on: others may come to need it.
open_network() {
  local outside='' relay=''
  if [ "$(</proc/sys/net/ipv4/ip_forward)" = 0 ]; then
    echo 1 > /proc/sys/net/ipv4/ip_forward
    echo 'note switched net.ipv4.ip_forward on, which it stays'
  fi
  if [ -z "$internet" ]; then outside="iifname \"$bridge\" oifname != \"$bridge\" drop"; fi
  if [ -n "$loopback_resolver" ]; then relay=$(relay_rules); fi
  nft -f - <<RULES
table ip $table {
  chain nat {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr $net.0/24 ip daddr != $net.0/24 masquerade
  }
  chain shield {
    type filter hook forward priority filter; policy accept;
    iifname != "$bridge" oifname "$bridge" ct state new drop
    $outside
  }
$relay
}
RULES
  if [ -n "$loopback_resolver" ]; then echo 1 > "/proc/sys/net/ipv4/conf/$bridge/route_localnet"; fi
  pass_other_firewalls
}

# Queries to the bridge's address go to the server on our loopback; nothing else there can be had this way.
relay_rules() {
  cat <<RULES
  chain guard {
    type filter hook prerouting priority raw; policy accept;
    iifname "$bridge" ip daddr 127.0.0.0/8 drop
  }
  chain relay {
    type nat hook prerouting priority dstnat; policy accept;
    iifname "$bridge" ip daddr $net.1 meta l4proto { tcp, udp } th dport 53 dnat to $loopback_resolver
  }
RULES
}

# To accept in our own table does not help against another's drop. So wherever a firewall here drops or
# rejects, the bridge gets rules at the head of that very chain. They are such as iptables-nft can read too:
# it refuses to work on a table in which it cannot.
pass_other_firewalls() {
  local listed others family other_table chain hook
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
  if [ -z "$others" ]; then return; fi
  while read -r family other_table chain hook; do
    echo "insert rule $family $other_table $chain iifname \"$bridge\" accept comment \"$table\""
    if [ "$hook" = forward ]; then
      echo "insert rule $family $other_table $chain oifname \"$bridge\" accept comment \"$table\""
    fi
  done <<<"$others" | nft -f -
}

# Sets `resolv_conf` and `hosts` to what the nodes are to have in such files.
compose_names() {
  local server index lines=()
  for server in "${name_servers[@]}"; do
    if [ "$server" = main ]; then server=$net.1; fi
    lines+=("nameserver $server")
  done
  # shellcheck disable=SC2034 # For the caller.
  printf -v resolv_conf '%s\n' "${lines[@]}" "${resolver_lines[@]}"
  lines=('127.0.0.1 localhost' '::1 localhost ip6-localhost ip6-loopback')
  for index in "${!node_names[@]}"; do lines+=("$net.${node_hosts[index]} ${node_names[index]}"); done
  # shellcheck disable=SC2034 # For the caller.
  printf -v hosts '%s\n' "${lines[@]}"
}
