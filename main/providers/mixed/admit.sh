# shellcheck shell=bash
# Lets packets of IPv4 addresses pass wherever a firewall of the cluster's own filters what is forwarded: in
# a table that has the cluster's id in its name. The rules go with that table, when the part is destroyed.
: "${id:?of the cluster}"
declare -a addresses

command -v nft >/dev/null || exit 0
list=$(IFS=,; echo "${addresses[*]}")
nft -s list ruleset | awk -v id="$id" '
  $1 == "table" { family = $2; table = $3 }
  $1 == "chain" { chain = $2 }
  /type filter hook forward / && index(table, id) && family ~ /^(ip|inet)$/ { print family, table, chain }
' | while read -r family table chain; do
  echo "insert rule $family $table $chain ip saddr { $list } accept"
done | nft -f -
