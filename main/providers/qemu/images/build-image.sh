# shellcheck shell=bash
# Adds a kernel to the Debian tree that the link `tree` points to, and makes a disk and an initrd of it, in a folder to
# which the link `image` then points. The tree itself is not changed: what comes in lies in an overlay, in namespaces of
# the script's own, so that whenever it is killed nothing stays mounted.
#
# Given besides: kernel_packages (in one string), fill_image (the program that runs in those namespaces), init and port
# (programs for the machines), rebuild (not empty: also if there is such an image).
: "${tree:?}" "${image:?}" "${kernel_packages:?}" "${fill_image:?}" "${init:?}" "${port:?}" "${rebuild?}"

source ../../debian/proxies.sh
source ../../debian/take-lock.sh
source ./discard.sh

mkdir -p "${image%/*}"
image=$(readlink -f "${image%/*}")/${image##*/}
exec 8>>"$image.lock"; flock 8; touch "$image.lock"
if [ -e "$image/root.raw" ] && [ -z "$rebuild" ]; then exit 0; fi

rm -rf --one-file-system "$image".part-*
new=$image.part-$$
mkdir -p "$new/upper" "$new/work" "$new/root" "$new/initrd"
take_lock "$tree.lock" 7 -s
lower=$(readlink -f "$tree")
export lower new apt_proxy kernel_packages init port
unshare --mount --pid --fork --kill-child --mount-proc bash --norc -euc "$fill_image" 8>&- >&2 || {
  rm -rf --one-file-system "$new"
  exit 1
}
rm -rf --one-file-system "$new/upper" "$new/work" "$new/root" "$new/initrd"

build=$image.$(date +%s).$$
mv -T "$new" "$build"
ln -sfn "${build##*/}" "$image.link-$$"; mv -T "$image.link-$$" "$image"
for old in "$image".[0-9]*; do [ "$old" = "$build" ] || discard "$old"; done
discard_unused "$image"
