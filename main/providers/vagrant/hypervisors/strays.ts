import { execa } from 'execa';
import { rootCanBeHad } from '../../host/own-root.ts';
import { runScript } from '../../host/root-script.ts';
import { shellFile } from '../../host/shell-file.ts';
import { clusterOf, machineNameFor } from '../cluster-folder.ts';

const here = import.meta.dirname;

/**
 * What to run the scripts by: root where we can be root, else ourselves, to whom libvirt may listen.
 * Undefined where neither LXC nor libvirt is there to be asked.
 */
export async function asRoot(): Promise<readonly string[] | undefined> {
  if (process.platform !== 'linux') return undefined;
  const there = await execa('sh', ['-c', 'PATH=$PATH:/usr/sbin; command -v lxc-ls || command -v virsh'], {
    reject: false,
  });
  if (there.exitCode !== 0) return undefined;
  return process.getuid?.() !== 0 && rootCanBeHad() ? ['sudo', '-n'] : [];
}

/** The ids of all clusters of which a machine is left; none where we may not look. */
export async function strayClusters(signal: AbortSignal): Promise<readonly string[]> {
  const through = await asRoot();
  if (!through) return [];
  const failure = { message: 'could not list machines' };
  const printed = await runScript(through, shellFile(here, 'list-strays.sh'), { signal, failure }).catch(
    () => '',
  );
  return [...new Set(printed.split('\n').flatMap((name) => clusterOf(name.trim()) ?? []))];
}

/** Takes away what of a cluster LXC and libvirt still have, processes that are making it included. */
export async function removeStrays(id: string, signal: AbortSignal): Promise<void> {
  const through = await asRoot();
  if (!through) return;
  const script = shellFile(here, 'remove-strays.sh', { prefix: machineNameFor(id, '') });
  await runScript(through, script, {
    signal,
    failure: {
      message: `could not take away all machines of vagrant cluster ${id}`,
      phase: 'machines',
      hint: "end what still uses them, then run 'shakedown reap'",
    },
  });
}

/**
 * Ends a cluster's containers at once, side by side: `vagrant destroy` gives
 * each a minute to shut down, one by one.
 */
export async function killContainers(id: string, signal: AbortSignal): Promise<void> {
  const through = await asRoot();
  if (!through) return;
  const script = shellFile(here, 'kill-containers.sh', { prefix: machineNameFor(id, '') });
  await runScript(through, script, { signal, failure: { message: 'could not stop the containers' } });
}
