import { writeFile } from 'node:fs/promises';
import { quote, runAsRoot } from '../host/root-script.ts';
import { clusterFiles, machineNameFor, type VagrantMachine } from './cluster-folder.ts';

/**
 * A container has its host's boot id (proc(5)), by which nobody could tell that it was rebooted. LXC runs this on the
 * main host at each of its boots, before its init starts (lxc.container.conf(5), lxc.hook.mount). The file is a new one
 * each time: the last boot's, which may still be mounted, stays as it was. A container boots without, if it must.
 */
const hookScript = `#!/bin/sh
there=$LXC_ROOTFS_MOUNT/proc/sys/kernel/random/boot_id
file=\${0%/*}/boot-id-$LXC_NAME
{ rm -f "$file" && cat /proc/sys/kernel/random/uuid > "$file" && mount --bind "$file" "$there"; } ||
  echo "this container has the boot id of its main host" >&2
exit 0
`;

export const writeBootIdHook = (id: string): Promise<void> => writeFile(clusterFiles(id).hook, hookScript);

/** The hook's command, as the value of `lxc.hook.mount`. */
export const bootIdHook = (id: string): string => `/bin/sh ${quote(clusterFiles(id).hook)}`;

/**
 * Gives the containers of a user's Vagrantfile the hook as well, from their next boot on: in their own configuration,
 * since among vagrant's customizations it would take the place of the user's.
 */
export async function holdBootIds(
  id: string,
  machines: readonly VagrantMachine[],
  signal: AbortSignal,
): Promise<void> {
  const containers = machines.filter(({ provider }) => provider === 'lxc');
  if (containers.length === 0) return;
  const names = containers.map(({ name }) => machineNameFor(id, name)).join(' ');
  const script = `
for name in ${names}; do
  config=$(lxc-config lxc.lxcpath)/$name/config
  if [ -e $config ]; then sed -i ${quote(`1i lxc.hook.mount = ${bootIdHook(id)}`)} $config; fi
done`;
  await runAsRoot(script, {
    signal,
    failure: { message: 'could not give the containers boot ids', phase: 'machines' },
  });
}
