import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { ShakedownError, TimeLimitError } from '../../../../common/errors.ts';
import { withTimeLimit } from '../../../../common/time-limit.ts';
import type { RunContext } from '../../../context/run-context.ts';
import type { MachineOf } from '../../capabilities.ts';
import { mustBeClusterId } from '../../cluster-id.ts';
import { snapshotName } from '../../snapshot-name.ts';
import { freshenScript } from '../guest/clone-script.ts';
import { runInGuest } from '../guest/guest-port.ts';
import { diskNode } from '../machines/machine-arguments.ts';
import { startAgainScript } from '../machines/start-again.ts';
import { machineNames } from '../names.ts';
import { runBesideMachines } from '../network/namespace.ts';
import { type Monitor, openMonitor } from './monitor.ts';

type Act = Pick<RunContext, 'signal' | 'log'>;

/** Seconds in which a machine goes down when it is asked to; past that it is reset. */
const patience = 120;

function namesOf({ cluster, machine }: MachineOf): ReturnType<typeof machineNames> {
  mustBeClusterId('qemu', cluster.id);
  const names = machineNames(cluster.id, machine);
  if (existsSync(names.directory)) return names;
  throw new ShakedownError({
    message: `qemu cluster ${cluster.id} has no machine ${machine}`,
    node: machine,
  });
}

/** The machine's monitor; undefined when it is off. */
function monitorOf(which: MachineOf, signal: AbortSignal): Promise<Monitor | undefined> {
  const { monitor } = namesOf(which);
  return openMonitor(monitor, 0, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    if (error instanceof ShakedownError) return undefined;
    throw error;
  });
}

/** Pulls the plug; resolves when the machine is off. One that is off already stays so. */
export async function powerOff(which: MachineOf, { signal }: Act): Promise<void> {
  using monitor = await monitorOf(which, signal);
  await monitor?.execute('quit');
  await monitor?.closed;
}

/** Starts a machine that is off, from its disk; one that is on stays as it is. */
export async function powerOn(which: MachineOf, { signal }: Act): Promise<void> {
  using monitor = await monitorOf(which, signal);
  if (monitor) return;
  await runBesideMachines(which.cluster.id, startAgainScript(which.cluster.id, which.machine), {
    signal,
    failure: { message: 'could not switch the virtual machine on', node: which.machine },
  });
}

/**
 * Restarts a machine as its own `reboot` does; one that does not go down is reset. One with a system of its
 * own is asked to shut down, and started again.
 */
export async function reboot(which: MachineOf, act: Act): Promise<void> {
  const { port, initrd } = namesOf(which);
  const ours = existsSync(initrd);
  using monitor = await monitorOf(which, act.signal);
  if (!monitor) throw isOff(which);
  const what = 'the shutdown of the virtual machine';
  try {
    await withTimeLimit({ what, seconds: patience, signal: act.signal }, async (signal) => {
      if (!ours) {
        await monitor.execute('system_powerdown');
        return monitor.event('SHUTDOWN', signal);
      }
      const down = monitor.event('RESET', signal);
      // Awaited below, also when the machine cannot be told.
      down.catch(() => {});
      await runInGuest(port, 'systemctl --no-block reboot', signal);
      return down;
    });
  } catch (error) {
    if (!(error instanceof TimeLimitError)) throw error;
    act.log('the machine did not go down when it was asked to: it is reset', which.machine);
    await monitor.execute('system_reset');
    return;
  }
  if (ours) return;
  await monitor.closed;
  await powerOn(which, act);
}

/** Saves disk and memory of a running machine under a name; one of that name is replaced. */
export async function snapshot(which: MachineOf & { readonly name: string }, { signal }: Act): Promise<void> {
  using monitor = await monitorOf(which, signal);
  if (!monitor) throw isOff(which);
  const tag = tagOf(which.name);
  await monitor.job('snapshot-delete', { tag, devices: [diskNode] });
  await monitor.job('snapshot-save', { tag, vmstate: diskNode, devices: [diskNode] });
}

/** Takes a machine, on or off, back to what it was; only the time and its randomness go on. */
export async function restore(which: MachineOf & { readonly name: string }, act: Act): Promise<void> {
  await powerOn(which, act);
  const { port, initrd } = namesOf(which);
  using monitor = await openMonitor(namesOf(which).monitor, 5000, act.signal);
  const tag = tagOf(which.name);
  // A load that fails leaves the machine standing still.
  if (!(await snapshotsOf(monitor)).includes(tag)) {
    const message = `there is no snapshot '${which.name}' of the machine`;
    throw new ShakedownError({ message, node: which.machine });
  }
  await monitor.job('snapshot-load', { tag, vmstate: diskNode, devices: [diskNode] });
  if (!existsSync(initrd)) return;
  const seed = randomBytes(32).toString('hex');
  await runInGuest(port, () => freshenScript({ seed, now: Date.now() }), act.signal);
}

interface BlockDevice {
  readonly inserted?: { readonly image: { readonly snapshots?: readonly { readonly name: string }[] } };
}

async function snapshotsOf(monitor: Monitor): Promise<readonly string[]> {
  const devices = (await monitor.execute('query-block')) as readonly BlockDevice[];
  const snapshots = devices.flatMap(({ inserted }) => inserted?.image.snapshots ?? []);
  return snapshots.map(({ name }) => name);
}

const tagOf = (name: string): string => `shakedown-${snapshotName(name)}`;

const isOff = ({ machine }: MachineOf): ShakedownError =>
  new ShakedownError({ message: 'the virtual machine is off', node: machine, hint: 'switch it on first' });
