import { destroyFrame } from '../host/destroy-frame.ts';
import { clusterNames, lockFile } from './names.ts';

/** The script that takes away all of a cluster in whatever state it is, from its id alone. */
export const destroyScript = (id: string): string =>
  destroyFrame(
    id,
    clusterNames(id),
    lockFile,
    `${unmount}
for ns in /run/netns/sd-$id-*; do ip netns delete \${ns##*/} || fail "the network namespace \${ns##*/} cannot be removed"; done
${awaitDisks}`,
  );

/**
 * A limited disk's loop device goes with the last mount of it (losetup(8), autoclear), and a container that is just being
 * started beside ours may have a copy of all mounts for a moment.
 */
const awaitDisks = `
has_disks() {
  local file path
  for file in /sys/block/loop*/loop/backing_file; do
    if read -r path 2>/dev/null < $file && [[ $path == $dir/* ]]; then return; fi
  done
  return 1
}
for try in {1..100}; do if ! has_disks; then break; fi; sleep 0.01; done`;

/** Mounts deepest first; and what systemd-nspawn leaves in /run when it is killed. */
const unmount = `
while read -r mount; do
  rm -f /run/systemd/nspawn/locks/inode-$(stat -c %d:%i $mount 2>/dev/null)
  umount $mount 2>/dev/null || umount -l $mount || fail "$mount cannot be unmounted"
done < <(awk '{print $2}' /proc/self/mounts | grep -E "^($dir/|/run/systemd/nspawn/.*/sd-$id-)" | sort -r)
rm -rf --one-file-system /run/systemd/nspawn/propagate/sd-$id-* /run/systemd/nspawn/unix-export/sd-$id-*`;
