import type { RunContext } from '../../context/run-context.ts';
import type { MachineOf } from '../capabilities.ts';
import { runAsRoot } from '../host/root-script.ts';
import { snapshotName } from '../snapshot-name.ts';
import { actOn, machineOf, switchOn } from './act-on-machine.ts';
import { machineNameFor } from './cluster-folder.ts';

type Act = Pick<RunContext, 'signal' | 'log'>;
type Named = MachineOf & { readonly name: string };

/**
 * `vagrant snapshot save`, which of libvirt's machines has their memory in it. LXC has none of vagrant's: there it is a
 * copy of the container's disk, made while its processes are held still.
 */
export async function takeSnapshot(which: Named, ctx: Act): Promise<void> {
  const name = snapshotName(which.name);
  const { provider } = await machineOf(which);
  if (provider !== 'lxc')
    return actOn(which, (machine) => ['snapshot', 'save', '--force', machine, name], ctx);
  try {
    await onContainer(which, 'take a snapshot of', copyScript(name), ctx);
  } catch (error) {
    // Broken off, it would leave the machine held still.
    const letGo = { signal: AbortSignal.timeout(30_000), log: ctx.log };
    await onContainer(which, 'let go', 'lxc-unfreeze -n $container', letGo).catch(() => undefined);
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
  await onContainer(which, 'restore', putBackScript(name), ctx);
  await switchOn(which, ctx);
}

async function onContainer(which: Named, what: string, script: string, { signal }: Act): Promise<void> {
  const { name } = await machineOf(which);
  const container = machineNameFor(which.cluster.id, name);
  const message = `could not ${what} the machine '${name}'`;
  await runAsRoot(`container=${container} home=$(lxc-config lxc.lxcpath)/${container}\n${script}`, {
    signal,
    failure: { message, node: which.machine },
    // Scripts tell in their last line what hindered them.
    explain: (stderr) => ({ message: `${message}: ${stderr.trim().split('\n').at(-1)}` }),
  });
}

/** The folder is in the container's own, with which LXC removes it. */
const copyScript = (name: string): string => `
there=$home/snapshot-${name}
grep -Eq '^lxc.rootfs.path *= *(dir:|/)' $home/config || die 'its disk is not a folder of the main host'
rm -rf --one-file-system $there.new
running=$(lxc-info -s -H -n $container)
if [ $running = RUNNING ]; then lxc-freeze -n $container; fi
cp -a -x --reflink=auto $home/rootfs $there.new
if [ $running = RUNNING ]; then lxc-unfreeze -n $container; fi
rm -rf --one-file-system $there
mv $there.new $there`;

const putBackScript = (name: string): string => `
there=$home/snapshot-${name}
[ -d $there ] || die "it has no snapshot '${name}'"
rm -rf --one-file-system $home/rootfs.new
cp -a -x --reflink=auto $there $home/rootfs.new
lxc-unfreeze -n $container 2>/dev/null || :
lxc-stop -k -n $container 2>/dev/null || :
rm -rf --one-file-system $home/rootfs
mv $home/rootfs.new $home/rootfs`;
