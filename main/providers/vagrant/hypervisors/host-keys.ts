import { runAsRoot } from '../../host/root-script.ts';
import { shellFile } from '../../host/shell-file.ts';
import { machineNameFor, type VagrantMachine } from '../cluster-folder.ts';

/**
 * The ssh host keys of containers, read from within by LXC itself (lxc-attach(1)), so that the
 * first connection is verified. Undefined for machines of other providers, which have no such
 * channel: there the first connection, over the hypervisor's own network on this host, is
 * trusted, and later ones must meet the same key.
 */
export async function hostKeysOf(
  id: string,
  machines: readonly VagrantMachine[],
  signal: AbortSignal,
): Promise<readonly (string | undefined)[]> {
  const containers = machines.filter(({ provider }) => provider === 'lxc');
  if (containers.length === 0) return machines.map(() => undefined);
  const names = containers.map(({ name }) => machineNameFor(id, name));
  const failure = { message: 'could not read the host keys of containers', phase: 'machines' } as const;
  const printed = await runAsRoot(shellFile(import.meta.dirname, 'print-host-keys.sh', {}, names), {
    signal,
    failure,
  });
  const keys = new Map(
    printed.split('\n').flatMap((line) => {
      const [name = '', type, key] = line.split(' ');
      return type === 'ssh-ed25519' && key ? [[name, `${type} ${key}`] as const] : [];
    }),
  );
  return machines.map(({ name }) => keys.get(machineNameFor(id, name)));
}
