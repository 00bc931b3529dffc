# shellcheck shell=bash
# Prints what apt would do in the tree `tree` to install `targets`, as `apt-get -s` does. Nothing of that stays: it
# happens in a mount namespace of its own, over the tree and in memory. `fresh`: the lists are brought up to date first.
# `status`: a file in place of the status of dpkg in the tree.
: "${tree:?}" "${status?}" "${place:?a folder to mount it at}" "${fresh?}" "${recommends?}" "${cache:?URL of a caching proxy}"
# Files that belong into it, with their contents; packages of the main host, and as what they are seen there.
declare -a files contents debs deb_names targets
source ../../providers/debian/proxies.sh

mkdir -p "$place"
mount -t tmpfs -o mode=755 tmpfs "$place"
mkdir "$place"/{upper,work,root}
mount -t overlay overlay -o "lowerdir=$tree,upperdir=$place/upper,workdir=$place/work" "$place/root"
root=$place/root
for index in "${!files[@]}"; do
  mkdir -p "$root$(dirname "${files[index]}")"
  printf %s "${contents[index]}" > "$root${files[index]}"
done
for index in "${!debs[@]}"; do
  mkdir -p "$root$(dirname "${deb_names[index]}")"
  : > "$root${deb_names[index]}"
  mount --bind "${debs[index]}" "$root${deb_names[index]}"
done
if [ -n "$status" ]; then mount --bind "$status" "$root/var/lib/dpkg/status"; fi
# Our cache serves where this main host needs no proxy to get out.
# shellcheck disable=SC2154 # proxies.sh sets it.
if [ -z "$apt_proxy$http_proxy" ]; then apt_proxy=$cache; fi
options=(-q -y -oAcquire::Languages=none -oAcquire::Retries=2 -oAcquire::http::Timeout=20
  ${apt_proxy:+-oAcquire::http::Proxy="$apt_proxy"})
if [ -n "$fresh" ]; then chroot "$root" apt-get "${options[@]}" -oAPT::Update::Error-Mode=any update >&2; fi
if [ -n "$recommends" ]; then options+=(--install-recommends); else options+=(--no-install-recommends); fi
chroot "$root" apt-get -s "${options[@]}" --allow-downgrades install "${targets[@]}"
