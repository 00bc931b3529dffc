import { createHash } from 'node:crypto';
import { bytes, type settingsOfMachine } from '../machine-options.ts';
import { clusterFiles, machineNameFor } from './cluster-folder.ts';
import { bootIdHook } from './hypervisors/boot-id.ts';

/** A string of Ruby's in which nothing is special but these two. */
export const ruby = (text: string): string => `'${text.replace(/['\\]/g, '\\$&')}'`;

/**
 * Statements of Ruby for each of vagrant's providers; `it` is its configuration, `override` the machine's.
 */
export type Statements = Readonly<Record<string, readonly string[]>>;

const virtual = ['virtualbox', 'libvirt', 'parallels', 'hyperv', 'vmware_desktop'];

type Limits = Pick<ReturnType<typeof settingsOfMachine>, 'memory' | 'cpus' | 'disk' | 'pids'>;

/** What a machine is held to, for the providers that can. */
export function limitsOf({ memory, cpus, disk, pids }: Limits): Statements {
  const machines = [
    ...(memory === undefined ? [] : [`it.memory = ${Math.ceil(bytes(memory) / 1024 ** 2)}`]),
    ...(cpus === undefined ? [] : [`it.cpus = ${Math.ceil(cpus)}`]),
  ];
  const size = disk === undefined ? [] : [`it.machine_virtual_size = ${Math.ceil(bytes(disk) / 1024 ** 3)}`];
  const containers = [
    ...(memory === undefined ? [] : [held('memory.max', 'memory.limit_in_bytes', bytes(memory))]),
    ...(cpus === undefined ? [] : [held('cpu.max', 'cpu.cfs_quota_us', Math.round(cpus * 100_000))]),
    ...(pids === undefined ? [] : [held('pids.max', 'pids.max', pids)]),
  ];
  const forMachines = Object.fromEntries(virtual.map((provider) => [provider, machines]));
  return { ...forMachines, libvirt: [...machines, ...size], lxc: containers };
}

/** Which version of cgroups(7) there is decides what the limit of a container is called. */
const held = (unified: string, legacy: string, value: number): string =>
  `File.exist?('/sys/fs/cgroup/cgroup.controllers') ? it.customize('cgroup2.${unified}', '${value}') : it.customize('cgroup.${legacy}', '${value}')`;

/** What makes the hypervisor's name of a machine the cluster's. */
export function namesOf(id: string, name: string): Statements {
  const full = ruby(machineNameFor(id, name));
  return {
    lxc: [`it.container_name = ${full}`],
    libvirt: [`it.default_prefix = ${ruby(machineNameFor(id, ''))}`],
    virtualbox: [`it.name = ${full}`],
    docker: [`it.name = ${full}`],
    parallels: [`it.name = ${full}`],
    hyperv: [`it.vmname = ${full}`],
  };
}

/**
 * VirtualBox gives every machine the same address on its first network. Containers have addresses that need
 * no forwarded port, whose redir would outlive a killed run.
 */
export const networks: Statements = {
  virtualbox: ["override.vm.network :private_network, type: 'dhcp'"],
  lxc: ["override.vm.network :forwarded_port, guest: 22, host: 2222, id: 'ssh', disabled: true"],
};

/**
 * A container's console log, a boot id of its own, and a hardware address that stays, so
 * that DHCP gives it the same address again.
 */
export function containerOf(id: string, name: string): Statements {
  const digest = createHash('sha256').update(machineNameFor(id, name)).digest('hex');
  // LXC's own prefix (lxc.container.conf(5)).
  const address = ['00', '16', '3e', ...[0, 2, 4].map((at) => digest.slice(at, at + 2))].join(':');
  return {
    lxc: [
      `it.customize 'console.logfile', ${ruby(clusterFiles(id).console(name))}`,
      `it.customize 'net.0.hwaddr', '${address}'`,
      `it.customize 'hook.mount', ${ruby(bootIdHook(id))}`,
    ],
  };
}

/**
 * Without this our block's empty lists would replace those of the user's (Vagrant::Plugin::V2::Config#merge).
 */
export const keepOthersLists: Statements = {
  lxc: [
    '%i[@customizations @backingstore_options].each { |list| it.instance_variable_set(list, Vagrant::Plugin::V2::Config::UNSET_VALUE) }',
  ],
};

/** Of several that work, vagrant prefers the one whose block comes first: virtual machines to containers. */
const preferred = ['libvirt', 'virtualbox', 'vmware_desktop', 'parallels', 'hyperv', 'lxc', 'docker'];

/**
 * One block for each provider: of several for the same one, vagrant-lxc heeds
 * the customizations of the last alone.
 */
export function providerBlocks(...all: readonly Statements[]): readonly string[] {
  return preferred.flatMap((provider) => {
    const statements = all.flatMap((each) => each[provider] ?? []);
    return statements.length === 0
      ? []
      : [`machine.vm.provider(:${provider}) { |it, override| ${statements.join('; ')} }`];
  });
}
