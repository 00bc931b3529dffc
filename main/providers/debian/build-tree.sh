# shellcheck shell=bash
# Builds a Debian tree beside the others and then, in one step, makes the link `tree` in the folder `trees` point to it.
# The package lists stay in it: a node can then install without an update of its own. mmdebstrap works in namespaces of
# its own, so that whenever it is killed all that it started dies with it, and nothing stays mounted.
#
# Given besides: suite, packages (an array), keyring (a file), sources (the text of sources.list, which stays in the
# tree), finish (a program for the tree when its packages are in), about (the tree in words), cache (the URL of a
# caching proxy), keep_days (for trees that nobody asks for), rebuild (not empty: also if there is one).
: "${trees:?}" "${tree:?}" "${suite:?}" "${packages:?}" "${keyring:?}" "${sources:?}" "${finish:?}" "${about:?}"
: "${cache:?}" "${keep_days:?}" "${rebuild?}"

source ./proxies.sh
source ./take-lock.sh

mkdir -p "$trees"
trees=$(readlink -f "$trees")
tree=$trees/${tree##*/}
take_lock "$tree.lock" 8; touch "$tree.lock"
if [ -e "$tree/etc/os-release" ] && [ -z "$rebuild" ]; then exit 0; fi

rm -rf --one-file-system "$tree".part-*
new=$tree.part-$$
give_up() { rm -rf --one-file-system "$new" "$new.tmp"; exit 1; }

# Our cache serves where this main host needs no proxy to get out.
if [ -z "$apt_proxy$http_proxy" ]; then apt_proxy=$cache; fi
options=(--mode=root --format=directory --variant=minbase --keyring="$keyring" --skip=cleanup/apt/lists
  --aptopt='APT::Install-Recommends "false"' ${apt_proxy:+--aptopt="Acquire::http::Proxy \"$apt_proxy\""}
  --dpkgopt=force-unsafe-io --include="$(IFS=,; echo "${packages[*]}")" --customize-hook="$finish")
mkdir "$new" "$new.tmp" "$new.tmp"/{below,work,root}
# dpkg has the disk write through thousands of times, which on a busy disk takes longer than all else: a volatile overlay
# (Linux 5.10) leaves that out. Where there can be none, the tree is built in its folder as it is.
# shellcheck disable=SC2016 # For the bash in the namespaces.
build='
  new=$1 overlay=lowerdir=$1.tmp/below,upperdir=$1,workdir=$1.tmp/work,volatile
  if mount -t overlay overlay -o "$overlay" "$new.tmp/root" 2>/dev/null; then new=$new.tmp/root; fi
  exec mmdebstrap "${@:2}" "$new" -'
TMPDIR=$new.tmp unshare --mount --pid --fork --kill-child --mount-proc \
  bash -c "$build" bash "$new" "${options[@]}" "$suite" <<<"${sources%$'\n'}" >&2 8>&- || give_up
rm -rf "$new.tmp" "$new"/etc/apt/apt.conf.d/99mmdebstrap "$new"/etc/dpkg/dpkg.cfg.d/99mmdebstrap
# Else each node's first apt reads all lists, and writes 70 MB of what it found in them.
chroot "$new" apt-cache gencaches >/dev/null || give_up
# It is whole on the disk before anyone sees it.
sync -f "$new" || give_up

source ./place-build.sh
place_build "$new" "$tree" "$about"
