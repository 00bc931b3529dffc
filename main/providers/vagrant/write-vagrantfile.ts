import { mirrorAt, sourcesList } from '../debian/apt-mirror.ts';
import { releaseNamed } from '../debian/releases.ts';
import { bytes, settingsOfMachine } from '../machine-options.ts';
import type { MachineSpec } from '../provider.ts';
import { clusterFiles, machineNameFor } from './cluster-folder.ts';
import { boxFor, type VagrantSettings } from './vagrant-options.ts';

/** A string of Ruby's in which nothing is special but these two. */
const ruby = (text: string): string => `'${text.replace(/['\\]/g, '\\$&')}'`;

/**
 * The Vagrantfile for machines of which only a box is known. Settings stand there for the providers that have them;
 * each provider reads its own block alone.
 */
export function writtenVagrantfile(
  id: string,
  machines: readonly MachineSpec[],
  settings: VagrantSettings,
): string {
  const { boxUrl, boxVersion, bootTimeout } = settings;
  return `# Written by shakedown for its cluster ${id}.
Vagrant.configure('2') do |config|
  config.vm.synced_folder '.', '/vagrant', disabled: true
  # Containers have addresses that need no forwarded port, and redir would outlive a killed run.
  config.vm.provider(:lxc) { |_, override| override.vm.network :forwarded_port, guest: 22, host: 2222, id: 'ssh', disabled: true }
  # VirtualBox gives every machine the same address on its first network.
  config.vm.provider(:virtualbox) { |_, override| override.vm.network :private_network, type: 'dhcp' }
${bootTimeout === undefined ? '' : `  config.vm.boot_timeout = ${bootTimeout}\n`}${boxVersion === undefined ? '' : `  config.vm.box_version = ${ruby(boxVersion)}\n`}${boxUrl === undefined ? '' : `  config.vm.box_url = ${ruby(urlOf(boxUrl))}\n`}${machines
  .map((machine) => definition(id, machine, settings))
  .join('')}end
`;
}

const urlOf = (place: string): string => (place.startsWith('/') ? `file://${place}` : place);

function definition(id: string, machine: MachineSpec, settings: VagrantSettings): string {
  const own = settingsOfMachine({ ...settings, os: settings.os ?? 'bookworm' }, machine.id);
  const setUp = setUpScript(settings, own.os);
  return `  config.vm.define ${ruby(machine.name)} do |machine|
    machine.vm.box = ${ruby(boxFor(settings, own.os) ?? '')}
${namesOf(id, machine.name)}${limitsOf(own)}${setUp === '' ? '' : `    machine.vm.provision :shell, inline: ${ruby(setUp)}\n`}  end
`;
}

/** Debian packages and the mirror to have them from, installed as vagrant's first provisioning. */
function setUpScript({ mirror, packages }: VagrantSettings, os: string): string {
  if (mirror === undefined && packages.length === 0) return '';
  const sources =
    mirror === undefined
      ? []
      : [
          'rm -f /etc/apt/sources.list.d/*',
          `cat > /etc/apt/sources.list <<'SOURCES'\n${sourcesList(releaseNamed(os), mirrorAt(mirror, releaseNamed(os).distribution))}SOURCES`,
        ];
  return [
    'set -e',
    'export DEBIAN_FRONTEND=noninteractive',
    ...sources,
    'apt-get update -qq',
    ...(packages.length === 0
      ? []
      : [`apt-get install -y -qq --no-install-recommends ${packages.join(' ')}`]),
  ].join('\n');
}

type Limits = Pick<ReturnType<typeof settingsOfMachine>, 'memory' | 'cpus' | 'disk' | 'pids'>;

function limitsOf({ memory, cpus, disk, pids }: Limits): string {
  const lines: string[] = [];
  const set = (provider: string, text: string) =>
    lines.push(`    machine.vm.provider(:${provider}) { |it| ${text} }\n`);
  if (memory !== undefined) {
    const megabytes = Math.ceil(bytes(memory) / 1024 ** 2);
    for (const provider of ['virtualbox', 'libvirt', 'parallels', 'hyperv', 'vmware_desktop']) {
      set(provider, `it.memory = ${megabytes}`);
    }
    set('lxc', limitOfContainer('memory.max', 'memory.limit_in_bytes', `${bytes(memory)}`));
  }
  if (cpus !== undefined) {
    for (const provider of ['virtualbox', 'libvirt', 'parallels', 'hyperv', 'vmware_desktop']) {
      set(provider, `it.cpus = ${Math.ceil(cpus)}`);
    }
    const quota = Math.round(cpus * 100_000);
    set('lxc', limitOfContainer('cpu.max', 'cpu.cfs_quota_us', `${quota}`));
  }
  if (pids !== undefined) set('lxc', limitOfContainer('pids.max', 'pids.max', `${pids}`));
  if (disk !== undefined) set('libvirt', `it.machine_virtual_size = ${Math.ceil(bytes(disk) / 1024 ** 3)}`);
  return lines.join('');
}

/** Which version of cgroups(7) there is decides what the limit is called. */
const limitOfContainer = (unified: string, legacy: string, value: string): string =>
  `File.exist?('/sys/fs/cgroup/cgroup.controllers') ? it.customize('cgroup2.${unified}', '${value}') : it.customize('cgroup.${legacy}', '${value}')`;

/** What makes the hypervisor's names and a container's console log ours; `machine` is the variable of the block. */
function namesOf(id: string, name: string): string {
  const full = ruby(machineNameFor(id, name));
  const console = ruby(clusterFiles(id).console(name));
  return `    machine.vm.provider(:lxc) { |it| it.container_name = ${full}; it.customize 'console.logfile', ${console} }
    machine.vm.provider(:libvirt) { |it| it.default_prefix = ${ruby(machineNameFor(id, ''))} }
    machine.vm.provider(:virtualbox) { |it| it.name = ${full} }
    machine.vm.provider(:docker) { |it| it.name = ${full} }
    machine.vm.provider(:parallels) { |it| it.name = ${full} }
    machine.vm.provider(:hyperv) { |it| it.vmname = ${full} }
`;
}

/**
 * A Vagrantfile that loads the user's own, whose folder stays what its paths are relative to, and gives the machines
 * names of the cluster, whatever theirs are: the user may have the same machines up.
 */
export function wrappingVagrantfile(
  id: string,
  file: string,
  machines: readonly string[],
  bootTimeout?: number,
): string {
  return `# Written by shakedown for its cluster ${id}.
load ${ruby(file)}
Vagrant.configure('2') do |config|
${bootTimeout === undefined ? '' : `  config.vm.boot_timeout = ${bootTimeout}\n`}${machines
  .map((name) => `  config.vm.define ${ruby(name)} do |machine|\n${namesOf(id, name)}  end\n`)
  .join('')}end
`;
}

/** Just enough to destroy machines by, where the file that made them is gone or broken by now. */
export function bareVagrantfile(machines: readonly string[]): string {
  return `Vagrant.configure('2') do |config|
${machines.map((name) => `  config.vm.define(${ruby(name)}) { |machine| machine.vm.box = 'none' }\n`).join('')}end
`;
}
