import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ShakedownError } from '../../../common/errors.ts';
import type { RunContext } from '../../context/run-context.ts';
import type { SshTarget } from '../../remotes/ssh-target.ts';
import { hostKeyPair } from '../host/identity.ts';
import type { Machine, MachinesSpec } from '../provider.ts';
import { bringUp, type Plan } from './bring-up.ts';
import { clusterFiles, writeState } from './cluster-folder.ts';
import { hostKeysOf } from './hypervisors/host-keys.ts';
import { admitMachine, type PreparedMachine, prepareMachine } from './prepare-machine.ts';
import { vagrantSshConfig } from './run-vagrant.ts';
import { sharedNetwork } from './shared-network.ts';
import { pinned, sshTargets, withLogin } from './ssh-targets.ts';
import type { VagrantSettings } from './vagrant-options.ts';

/**
 * Vagrant's machines, up and ready for the cluster's login, with the addresses
 * by which they reach one another.
 */
export async function makeMachines(
  spec: MachinesSpec,
  { state, settings, users }: Plan,
  ctx: RunContext,
): Promise<{ machines: readonly Machine[]; mainAddress: string | undefined }> {
  const { signal } = ctx;
  const names = spec.machines.map(({ name }) => name);
  const files = clusterFiles(state.id);
  const made = await bringUp(spec, { state, settings, users }, ctx);
  const [printed, keys] = await Promise.all([
    vagrantSshConfig(names, state.project, { signal }),
    hostKeysOf(state.id, made, signal),
  ]);
  const targets = sshTargets(printed, names, files.knownHosts).map((target, node) =>
    pinned(target, keys[node]),
  );
  await writeState({
    ...state,
    machines: made.map((machine, node) => ({ ...machine, host: targetOf(targets, node).host })),
  });
  const prepared = await Promise.all(
    spec.machines.map((machine, node) =>
      prepareMachine(targetOf(targets, node), spec.login, machine, signal),
    ),
  );
  const addresses = addressesOf(prepared, targets, settings);
  if (users === undefined) {
    const hosts = names.map((name, node) => ({ name, address: addresses[node] ?? '' }));
    const { hostKey: key, publicHostKey: publicKey } = hostKeyPair();
    await Promise.all(
      made.map(async ({ name, provider }, node) => {
        await admitMachine(targetOf(targets, node), { name, hosts, publicKey }, signal);
        // Where vagrant looks for the key that it made itself (Vagrant::Machine#ssh_info).
        const file = join(files.dotfile, 'machines', name, provider, 'private_key');
        await writeFile(file, key, { mode: 0o600 });
      }),
    );
  }
  const machines = spec.machines.map((machine, node) => ({
    ...machine,
    address: addresses[node] ?? '',
    ssh: withLogin(targetOf(targets, node), spec.login),
    ...(users === undefined && made[node]?.provider === 'lxc'
      ? { consoleLog: files.console(machine.name) }
      : {}),
  }));
  return { machines, mainAddress: prepared[0]?.mainAddress };
}

function targetOf(targets: readonly SshTarget[], node: number): SshTarget {
  const target = targets[node];
  if (target) return target;
  throw new ShakedownError({ message: 'vagrant told no address', node });
}

function addressesOf(
  prepared: readonly PreparedMachine[],
  targets: readonly SshTarget[],
  { network }: VagrantSettings,
): readonly string[] {
  const guests = prepared.map(({ addresses }) => addresses);
  const hosts = targets.map(({ host }) => host);
  const shared = sharedNetwork(guests, hosts, network);
  if (shared) return shared;
  const seen = guests.map((guest) => guest.map(({ address, bits }) => `${address}/${bits}`).join(' '));
  throw new ShakedownError({
    message:
      network === undefined
        ? 'the machines share no network on which each has an address of its own'
        : `the machines are not all on the network ${network}`,
    phase: 'machines',
    lastLines: seen.map((text, node) => `node ${node}: ${text || 'no address'}`),
    hint: "give them one in the Vagrantfile: config.vm.network :private_network, type: 'dhcp'",
  });
}
