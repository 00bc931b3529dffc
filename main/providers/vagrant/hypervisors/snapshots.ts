import type { RunContext } from '../../../context/run-context.ts';
import type { MachineOf } from '../../capabilities.ts';
import { runAsRoot } from '../../host/root-script.ts';
import { shellFile } from '../../host/shell-file.ts';
import { snapshotName } from '../../snapshot-name.ts';
import { actOn, machineOf, switchOn } from '../act-on-machine.ts';
import { machineNameFor } from '../cluster-folder.ts';

type Act = Pick<RunContext, 'signal' | 'log'>;
type Named = MachineOf & { readonly name: string };

/**
 * `vagrant snapshot save`, which of libvirt's machines has their memory in it. LXC has none of vagrant's:
 * there it is a copy of the container's disk, made while its processes are held still.
 */
export async function takeSnapshot(which: Named, ctx: Act): Promise<void> {
  const name = snapshotName(which.name);
  const { provider } = await machineOf(which);
  if (provider !== 'lxc')
    return actOn(which, (machine) => ['snapshot', 'save', '--force', machine, name], ctx);
  try {
    await onContainer(which, 'take a snapshot of', 'take', ctx);
  } catch (error) {
    // Broken off, it would leave the machine held still.
    const letGo = { signal: AbortSignal.timeout(30_000), log: ctx.log };
    await onContainer(which, 'let go', 'let_go', letGo).catch(() => undefined);
    throw error;
  }
}

/** `vagrant snapshot restore`; a container boots anew on the disk that it had. */
export async function restoreSnapshot(which: Named, ctx: Act): Promise<void> {
  const name = snapshotName(which.name);
  const { provider } = await machineOf(which);
  if (provider !== 'lxc') {
    return actOn(which, (machine) => ['snapshot', 'restore', '--no-provision', machine, name], ctx);
  }
  await onContainer(which, 'restore', 'put_back', ctx);
  await switchOn(which, ctx);
}

async function onContainer(
  which: Named,
  what: string,
  step: 'take' | 'let_go' | 'put_back',
  { signal }: Act,
): Promise<void> {
  const { name } = await machineOf(which);
  const values = { container: machineNameFor(which.cluster.id, name), snapshot: snapshotName(which.name) };
  const message = `could not ${what} the machine '${name}'`;
  await runAsRoot(shellFile(import.meta.dirname, 'snapshot-container.sh', values, [step]), {
    signal,
    failure: { message, node: which.machine },
    // Scripts tell in their last line what hindered them.
    explain: (stderr) => ({ message: `${message}: ${stderr.trim().split('\n').at(-1)}` }),
  });
}
