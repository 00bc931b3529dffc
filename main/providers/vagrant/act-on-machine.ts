import { join } from 'node:path';
import SSHConfig from 'ssh-config';
import { ShakedownError } from '../../../common/errors.ts';
import type { RunContext } from '../../context/run-context.ts';
import type { MachineOf } from '../capabilities.ts';
import { mustBeClusterId } from '../cluster-id.ts';
import { runScript } from '../host/root-script.ts';
import { shellFile } from '../host/shell-file.ts';
import { machineNameFor, readState, type VagrantMachine, type VagrantState } from './cluster-folder.ts';
import { asRoot } from './hypervisors/strays.ts';
import { runVagrant, vagrantSshConfig } from './run-vagrant.ts';

type Act = Pick<RunContext, 'signal' | 'log'>;

/**
 * A command of vagrant's on one machine, as its words with the machine's name in them. Throws ShakedownError.
 */
export async function actOn(
  which: MachineOf,
  command: (machine: string) => readonly string[],
  { signal, log }: Act,
): Promise<void> {
  const { state, machine } = await find(which);
  const words = command(machine.name);
  log(`vagrant ${words.join(' ')}`, which.machine);
  await runVagrant(words, state.project, { signal });
}

/** What vagrant calls a machine, and what makes it. Throws ShakedownError where there is none. */
export const machineOf = async (which: MachineOf): Promise<VagrantMachine> => (await find(which)).machine;

/** Switches a machine on, or restarts it. Throws ShakedownError, also where it has another address then. */
export async function switchOn(which: MachineOf, ctx: Act, command = 'up'): Promise<void> {
  await actOn(which, (machine) => [command, '--no-provision', machine], ctx);
  await mustHaveItsAddress(which, ctx);
}

/**
 * Takes the power from a machine. `vagrant halt --force` first waits for LXC and libvirt to shut it down:
 * they are told themselves. Throws ShakedownError.
 */
export async function cutPower(which: MachineOf, ctx: Act): Promise<void> {
  const { machine } = await find(which);
  const { provider: hypervisor } = machine;
  const through = await asRoot();
  if (!through || !['lxc', 'libvirt'].includes(hypervisor)) {
    return actOn(which, (name) => ['halt', '--force', name], ctx);
  }
  const values = { name: machineNameFor(which.cluster.id, machine.name), hypervisor };
  await runScript(through, shellFile(join(import.meta.dirname, 'hypervisors'), 'cut-power.sh', values), {
    signal: ctx.signal,
    failure: { message: `could not take the power from the machine '${machine.name}'`, node: which.machine },
  });
}

/**
 * Throws ShakedownError where a machine that was started anew has another address than the cluster knows:
 * hypervisors whose network cards change, or whose DHCP forgets, do that.
 */
async function mustHaveItsAddress(which: MachineOf, { signal }: Act): Promise<void> {
  const { state, machine } = await find(which);
  const printed = await vagrantSshConfig([machine.name], state.project, { signal });
  const { HostName: now } = SSHConfig.parse(printed).compute(machine.name);
  if (machine.host === undefined || now === machine.host) return;
  throw new ShakedownError({
    message: `the machine '${machine.name}' has been started and is now at ${now}, not at ${machine.host} as before`,
    node: which.machine,
    hint: "give it a fixed address in the Vagrantfile; with LXC: lxc.customize 'net.0.hwaddr', '00:16:3e:12:34:56'",
  });
}

async function find({
  cluster,
  machine,
}: MachineOf): Promise<{ state: VagrantState; machine: VagrantMachine }> {
  mustBeClusterId('vagrant', cluster.id);
  const state = await readState(cluster.id);
  const found = state?.machines[machine];
  if (state && found) return { state, machine: found };
  throw new ShakedownError({ message: `there is no machine ${machine} in vagrant cluster ${cluster.id}` });
}
