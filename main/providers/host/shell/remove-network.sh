# shellcheck shell=bash
# Takes away what make-network.sh made. The caller has `fail`, which tells what could not be done.
: "${bridge:?the name of the link}" "${table:?the name of the nft table}"

remove_bridge() {
  remove_links
  remove_rules
}

# A node's link may go by itself, with the namespace that its other end is in.
remove_links() {
  local link
  for link in "/sys/class/net/${bridge}v"* "/sys/class/net/$bridge"; do
    ip link delete "${link##*/}" 2>/dev/null || [ ! -e "$link" ] ||
      fail "the link ${link##*/} cannot be removed"
  done
}

# The table, and the cluster's rules in the chains of others.
remove_rules() {
  local rules='' said=''
  for _ in {1..10}; do
    rules=$(nft -a list ruleset 2>/dev/null || :)
    if [[ $rules != *"$table"* ]]; then return; fi
    # Where somebody else takes them away at this moment nft finds less than was listed, and does nothing.
    said=$(removals <<<"$rules" | nft -f - 2>&1) && return
    sleep 0.1
  done
  fail "the nft rules cannot be removed: $said"
}

# Reads a ruleset with its handles; prints what removes ours of it.
removals() {
  awk -v ours="\"$table\"" -v own="$table" '
    $1 == "table" { family = $2; table = $3; if (table == own) print "delete table", family, table }
    $1 == "chain" { chain = $2 }
    table != own && index($0, "comment " ours) { print "delete rule", family, table, chain, "handle", $NF }
  '
}

# Begins with that beside what comes next: the kernel takes some 50 ms for the links. What is made at this
# very moment it may miss, and `remove_bridge` afterwards, which costs little then, does not. Sets `early`,
# the process to wait for: it ends with 0 where nothing is left.
begin_removing_bridge() {
  (
    fail() { missed=1; }
    missed=
    remove_bridge
    [ -z "$missed" ]
  ) >/dev/null 2>&1 &
  # shellcheck disable=SC2034 # For the caller.
  early=$!
}
