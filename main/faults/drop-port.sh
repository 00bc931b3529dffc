# shellcheck shell=sh
# Drops what comes in for a port of this node, TCP and UDP, of both address families and by all interfaces, the loopback
# included; or lets it through again. As root, on the node.
#
# Given: action, `inject` or `heal`; name, of the nftables table or iptables chain that we make; port.
# Exit 69 (EX_UNAVAILABLE): the node has neither program.

set -eu
: "${action:?}" "${name:?}" "${port:?}"
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin" LC_ALL=C

have() { command -v "$1" >/dev/null 2>&1; }

# iptables has a program for each address family; without IPv6 in the kernel the other one has nothing to do.
iptables_programs() {
  echo iptables
  if [ -e /proc/net/if_inet6 ]; then echo ip6tables; fi
}

in_nft() { have nft && nft list tables | grep -qx "table inet $name"; }
in_iptables() { have "$1" && "$1" -w -n -L "$name" >/dev/null 2>&1; }

# Before connection tracking and address translation (-300), so that no rule of the node's own comes first.
drop_by_nft() {
  nft -f - <<EOF
table inet $name {
  chain input {
    type filter hook input priority -300; policy accept;
    tcp dport $port counter drop
    udp dport $port counter drop
  }
}
EOF
}

drop_by_iptables() {
  for program in $(iptables_programs); do
    "$program" -w -N "$name"
    "$program" -w -A "$name" -p tcp --dport "$port" -j DROP
    "$program" -w -A "$name" -p udp --dport "$port" -j DROP
    "$program" -w -I INPUT -j "$name"
  done
}

# How many packets each of our rules has dropped.
counters() {
  if in_nft; then
    nft list table inet "$name" | sed -n 's/.*counter packets \([0-9]*\) .*/\1/p'
  else
    for program in $(iptables_programs); do "$program" -w -n -v -x -L "$name"; done |
      sed -n 's/^ *\([0-9]*\) .* DROP .*/\1/p'
  fi
}

# Sends a packet of each sort to the port from here, as far as this node can, and finds each of them counted.
prove() {
  sent=0
  for path in udp/127.0.0.1 udp/::1 tcp/127.0.0.1; do
    code=0
    timeout 0.2 bash -c "echo > /dev/$path/$port" 2>/dev/null || code=$?
    # A datagram is sent at once; a connection that gets no answer is ended by timeout.
    case $path:$code in udp/*:0 | tcp/*:124) sent=$((sent + 1)) ;; esac
  done
  counters | {
    count=0
    while read -r packets; do count=$((count + packets)); done
    if [ "$count" -lt "$sent" ]; then
      echo "of $sent packets to the port $count were dropped, though the rules are there" >&2
      exit 1
    fi
  }
}

heal() {
  if in_nft; then nft delete table inet "$name"; fi
  for program in iptables ip6tables; do
    in_iptables "$program" || continue
    while "$program" -w -D INPUT -j "$name" 2>/dev/null; do :; done
    "$program" -w -F "$name"
    "$program" -w -X "$name"
  done
}

case $action in
  inject)
    if have nft; then drop_by_nft
    elif have iptables; then drop_by_iptables
    else exit 69
    fi
    prove
    ;;
  heal) heal ;;
esac
