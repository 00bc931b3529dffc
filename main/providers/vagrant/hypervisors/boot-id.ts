import { writeFile } from 'node:fs/promises';
import { quote, runAsRoot } from '../../host/root-script.ts';
import { shellFile } from '../../host/shell-file.ts';
import { clusterFiles, machineNameFor, type VagrantMachine } from '../cluster-folder.ts';

const here = import.meta.dirname;

/**
 * Puts the hook (`boot-id-hook.sh`) into the cluster's folder, where LXC runs it at each boot of a container.
 */
export const writeBootIdHook = (id: string): Promise<void> =>
  writeFile(clusterFiles(id).hook, shellFile(here, 'boot-id-hook.sh'));

/** The hook's command, as the value of `lxc.hook.mount`. */
export const bootIdHook = (id: string): string => `/bin/sh ${quote(clusterFiles(id).hook)}`;

/**
 * Gives the containers of a user's Vagrantfile the hook as well, from their next boot on: in their own
 * configuration, since among vagrant's customizations it would take the place of the user's.
 */
export async function holdBootIds(
  id: string,
  machines: readonly VagrantMachine[],
  signal: AbortSignal,
): Promise<void> {
  const containers = machines.filter(({ provider }) => provider === 'lxc');
  if (containers.length === 0) return;
  const names = containers.map(({ name }) => machineNameFor(id, name));
  const script = shellFile(here, 'add-hook.sh', { hook: bootIdHook(id) }, names);
  await runAsRoot(script, {
    signal,
    failure: { message: 'could not give the containers boot ids', phase: 'machines' },
  });
}
