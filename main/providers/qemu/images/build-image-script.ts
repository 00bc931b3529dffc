import type { Release } from '../../debian/releases.ts';
import { quote } from '../../host/root-script.ts';
import { discardFunction, discardUnused } from './discard-script.ts';
import {
  guestShell,
  init,
  initrdModules,
  initrdPrograms,
  maskedUnits,
  portProgram,
  portProgramFile,
  portUnit,
} from './guest-files.ts';

/** The kernel for virtual machines, which has virtio, and what loads its other modules. */
const packages = ['linux-image-cloud-amd64', 'udev'];
const ubuntuPackages = ['linux-image-virtual', 'udev'];

/** All that makes one image differ from another over the same tree; a change of it makes new images. */
export const imageRecipe: unknown = {
  version: 3,
  packages,
  initrdModules,
  initrdPrograms,
  init,
  maskedUnits,
  portUnit,
  portProgram,
};

export interface ImageBuild {
  /** The link to the Debian tree that the image is made of. */
  readonly tree: string;
  readonly distribution: Release['distribution'];
  /** The link to make, to a folder with `vmlinuz`, `initrd`, `root.raw` and `busybox`. */
  readonly image: string;
  readonly rebuild: boolean;
  /** For apt's proxy; sudo does not pass it on. */
  readonly env: NodeJS.ProcessEnv;
}

/**
 * The script that adds a kernel to a Debian tree and makes a disk and an initrd of it. The tree itself is not changed:
 * what comes in lies in an overlay, in namespaces of the script's own, so that whenever it is killed nothing stays
 * mounted.
 */
export function buildImageScript({ tree, distribution, image, rebuild, env }: ImageBuild): string {
  const proxies = ['http_proxy', 'https_proxy', 'no_proxy'].flatMap((name) =>
    env[name] ? [`export ${name}=${quote(env[name])}`] : [],
  );
  return `
${proxies.join('\n')}
tree=${quote(tree)} image=${quote(image)}
${discardFunction()}
mkdir -p "\${image%/*}"
image=$(readlink -f "\${image%/*}")/\${image##*/}
exec 8>>"$image.lock"; flock 8; touch "$image.lock"
if [ -e "$image/root.raw" ] && ${rebuild ? 'false' : 'true'}; then exit 0; fi
rm -rf --one-file-system "$image".part-*
new="$image.part-$$"; mkdir -p "$new/upper" "$new/work" "$new/root" "$new/initrd"
exec 7>>"$tree.lock"; flock -s 7
lower=$(readlink -f "$tree"); proxy=; eval "$(apt-config shell proxy Acquire::http::Proxy)"
kernel='${(distribution === 'ubuntu' ? ubuntuPackages : packages).join(' ')}'
export lower new proxy kernel
unshare --mount --pid --fork --kill-child --mount-proc bash -euc ${quote(insideScript)} 8>&- >&2 || {
  rm -rf --one-file-system "$new"; exit 1; }
rm -rf --one-file-system "$new/upper" "$new/work" "$new/root" "$new/initrd"
build="$image.$(date +%s).$$"
mv -T "$new" "$build"
ln -sfn "\${build##*/}" "$image.link-$$"; mv -T "$image.link-$$" "$image"
for old in "$image".[0-9]*; do [ "$old" = "$build" ] || discard "$old"; done
${discardUnused('image')}
`;
}

/**
 * Defines `unpack_modules`, which reads what `modprobe -D` prints (`insmod PATH OPTIONS`, the path below the current
 * folder) and puts the modules into `$initrd/modules` as insmod takes them, with their names in `order`.
 */
export const unpackModules = `
unpack_modules() {
  local verb module options plain unpack
  while read -r verb module options; do
    [ "$verb" = insmod ] || continue
    plain=\${module##*/}; plain=\${plain%.?z}; plain=\${plain%.zst}
    case $module in *.xz) unpack='xz -dc' ;; *.gz) unpack='gzip -dc' ;; *.zst) unpack='zstd -dc' ;; *) unpack=cat ;; esac
    $unpack ".$module" > "$initrd/modules/$plain"
    grep -qx "$plain" "$initrd/modules/order" 2>/dev/null || echo "$plain" >> "$initrd/modules/order"
  done
}`;

const insideScript = `
umask 022
mount --make-rprivate /
# In a user namespace an overlay's own notes go into other attributes, or it can rename no folder (overlayfs, User xattr).
notes=; grep -q '^ *0 *0 *4294967295$' /proc/self/uid_map || notes=,userxattr
mount -t overlay overlay -o "lowerdir=$lower,upperdir=$new/upper,workdir=$new/work$notes" "$new/root"
cd "$new/root"
# With all that is mounted below: in a user namespace nothing may be shown that was hidden.
mount -t proc proc proc; mount --rbind /sys sys; mount --rbind /dev dev; mount -t tmpfs tmp tmp; mount -t tmpfs run run
printf '#!/bin/sh\\nexit 101\\n' > usr/sbin/policy-rc.d; chmod 755 usr/sbin/policy-rc.d
cp /etc/resolv.conf etc/resolv.conf
# The kernel's own scripts heed INITRD; ours is another.
export DEBIAN_FRONTEND=noninteractive INITRD=No LC_ALL=C
apt() { chroot . apt-get -qq -o APT::Sandbox::User=root \${proxy:+-o Acquire::http::Proxy="$proxy"} "$@"; }
add() { apt install -y --no-install-recommends $kernel &&
  chroot . sh -c 'cd /tmp && apt-get -qq -o APT::Sandbox::User=root download busybox-static'; }
# The lists in the tree may be older than the mirror.
add || { apt update; add; }
rm -f var/cache/apt/archives/*.deb
chroot . apt-cache gencaches
rm -f usr/sbin/policy-rc.d etc/resolv.conf
dpkg-deb -x tmp/busybox-static_*.deb tmp/busybox
cp tmp/busybox/*bin/busybox "$new/busybox" 2>/dev/null || cp tmp/busybox/usr/bin/busybox "$new/busybox"
for kernel in boot/vmlinuz-*; do :; done
cp "$kernel" "$new/vmlinuz"; chmod 644 "$new/vmlinuz"
version=\${kernel#boot/vmlinuz-}

${unpackModules}
initrd="$new/initrd"; mkdir -p "$initrd"/{bin,dev,proc,sys,root,modules}
cp "$new/busybox" "$initrd/bin/busybox"
for program in ${initrdPrograms.join(' ')}; do ln -s busybox "$initrd/bin/$program"; done
cat > "$initrd/init" <<'INIT'
${init}INIT
chmod 755 "$initrd/init"
chroot . modprobe -S "$version" -D -a ${initrdModules.join(' ')} | unpack_modules
(cd "$initrd" && find . | "$new/busybox" cpio -o -H newc 2>/dev/null | gzip -9) > "$new/initrd.gz"

cat > etc/systemd/system/shakedown-port.service <<'UNIT'
${portUnit}UNIT
mkdir -p usr/local/lib/shakedown
cp "$new/busybox" .${guestShell}
cat > .${portProgramFile} <<'PORT'
${portProgram}PORT
mkdir -p etc/systemd/system/multi-user.target.wants
ln -sf ../shakedown-port.service etc/systemd/system/multi-user.target.wants/
for unit in ${maskedUnits.join(' ')}; do ln -sf /dev/null etc/systemd/system/$unit; done
echo '/dev/vda / ext4 noinit_itable,errors=remount-ro 0 0' > etc/fstab
umount tmp run proc; umount -l dev sys
: > etc/resolv.conf
used=$(du -sxm --apparent-size . | cut -f 1)
mke2fs -q -t ext4 -L shakedown -J size=32 -m 0 -E lazy_itable_init=1,lazy_journal_init=1,nodiscard,root_owner=0:0 -N 65536 -d . "$new/root.raw" "$((used * 5 / 4 + 128))M"
`;
