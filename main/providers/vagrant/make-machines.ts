import { writeFile } from 'node:fs/promises';
import { ShakedownError } from '../../../common/errors.ts';
import type { RunContext } from '../../context.ts';
import type { Machine, MachinesSpec, SshTarget } from '../provider.ts';
import { clusterFiles, type VagrantMachine, type VagrantState, writeState } from './cluster-folder.ts';
import { marks } from './end-vagrant.ts';
import { hostKeysOf } from './host-keys.ts';
import { linesOfType, type VagrantLine, words } from './machine-readable.ts';
import { nameMachine, type PreparedMachine, prepareMachine } from './prepare-machine.ts';
import { runVagrant, vagrantSshConfig } from './run-vagrant.ts';
import { sharedNetwork } from './shared-network.ts';
import { pinned, sshTargets, withLogin } from './ssh-targets.ts';
import type { VagrantSettings } from './vagrant-options.ts';
import { wrappingVagrantfile, writtenVagrantfile } from './write-vagrantfile.ts';

export interface Plan {
  readonly state: VagrantState;
  readonly settings: VagrantSettings;
  /** The user's Vagrantfile; without it one is written. */
  readonly users: string | undefined;
}

/** Vagrant's machines, up and ready for the cluster's login, with the addresses by which they reach one another. */
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
    vagrantSshConfig(names, state.place, { signal }),
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
    await Promise.all(names.map((name, node) => nameMachine(targetOf(targets, node), name, hosts, signal)));
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

/** `vagrant up`, once vagrant has read the Vagrantfile and knows the machines. */
async function bringUp(
  spec: MachinesSpec,
  { state, settings, users }: Plan,
  ctx: RunContext,
): Promise<readonly VagrantMachine[]> {
  const names = spec.machines.map(({ name }) => name);
  const { vagrantfile } = clusterFiles(state.id);
  if (users === undefined)
    await writeFile(vagrantfile, writtenVagrantfile(state.id, spec.machines, settings));
  // The user's own file first: our wrapper would define the machines that it lacks.
  const place = { ...state.place, ...(users === undefined ? {} : { vagrantfile: users }) };
  const status = await runVagrant(['status', ...names], place, {
    signal: ctx.signal,
    env: settings.provider === undefined ? {} : { VAGRANT_DEFAULT_PROVIDER: settings.provider },
  });
  const providers = new Map(
    linesOfType(status, 'provider-name').map(({ target, data }) => [target, data[0] ?? '']),
  );
  const machines = names.map((name) => ({ name, provider: providers.get(name) ?? '' }));
  await writeState({ ...state, machines });
  if (users !== undefined) {
    await writeFile(vagrantfile, wrappingVagrantfile(state.id, users, names, settings.bootTimeout));
  }
  // The blocks that we add would change which provider vagrant prefers; it has said above which one that is.
  for (const [kind, group] of Map.groupBy(machines, ({ provider: name }) => name)) {
    await runVagrant(['up', '--provider', kind, ...group.map(({ name }) => name)], state.place, {
      signal: ctx.signal,
      env: marks.making,
      onLine: (line) => tell(line, names, ctx),
    });
  }
  return machines;
}

/** Vagrant's own words: the steps are told, details go to the log only. */
function tell(line: VagrantLine, names: readonly string[], ctx: RunContext): void {
  const message = words(line);
  if (message === '') return;
  const index = names.indexOf(line.target);
  const node = index === -1 ? {} : { node: index };
  if (line.data[0] === 'detail') ctx.log(message, node.node);
  else ctx.emit({ type: 'note', phase: 'machines', message, ...node });
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
