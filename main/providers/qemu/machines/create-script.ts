import type { ClusterPlan } from '../../host/cluster-plan.ts';
import type { ClusterState } from '../../host/cluster-state.ts';
import { hostLock } from '../../host/host-lock.ts';
import type { Resolver } from '../../host/resolver.ts';
import { columns, shellFile } from '../../host/shell-file.ts';
import { limitColumns, networkValues, watchValues } from '../../host/shell-values.ts';
import { identityScript } from '../guest/identity-script.ts';
import type { SharesDisk } from '../images/shares.ts';
import { clusterNames, macAddress, machineNames } from '../names.ts';
import { hostNumbers, type Reach } from '../network/addresses.ts';
import { cloudSeed } from './cloud-seed.ts';
import { machineArguments, type Network } from './machine-arguments.ts';
import type { MachinePlan } from './machine-plan.ts';

export interface CreatePlan extends ClusterPlan {
  /** The contents of state.json. Unless they are kept, the machines end when their owner does. */
  readonly state: ClusterState;
  /** Images that the machines lie over. */
  readonly images: readonly string[];
  readonly reach: Reach;
  /** Of a machine with QEMU's own network: those that are forwarded, besides ssh. */
  readonly ports: readonly number[];
  readonly machines: readonly MachinePlan[];
  readonly shares: Pick<SharesDisk, 'disk' | 'mountScript'>;
  /** In namespaces of the cluster's own, which are there already; else as root. */
  readonly inNamespace: boolean;
}

/** What `make-folder.sh` is told. */
export const folderValues = ({
  cluster,
  state,
  images,
}: Pick<CreatePlan, 'cluster' | 'state' | 'images'>) => ({
  dir: clusterNames(cluster).directory,
  state: JSON.stringify(state),
  images,
});

/** The script that makes a cluster's machines, which says what it prints. As root it makes the folder too. */
export function createScript(plan: CreatePlan): string {
  const { bridge, table, cgroup } = clusterNames(plan.cluster);
  const { reach, subnets, machines } = plan;
  const numbers = hostNumbers[reach];
  const nodes = machines.map(({ id, name }) => ({ name, host: numbers.machine(id) }));
  const program = plan.inNamespace ? 'make-cluster-in-namespace.sh' : 'make-cluster.sh';
  return shellFile(import.meta.dirname, program, {
    ...folderValues(plan),
    cgroup,
    lock_file: hostLock,
    network: reach,
    gateway_host: numbers.gateway,
    shares: plan.shares.mountScript,
    ...networkValues({ bridge, table, subnets, resolver: resolverOf(plan), internet: true, nodes }),
    ...watchValues(plan.state.owner),
    ...columns(machines, machineColumns(plan)),
    ...columns(
      machines.map(({ hardware }) => fractionOf(hardware)),
      limitColumns,
    ),
  });
}

/** The name server of the network, where it has one of its own. */
function resolverOf({ reach, subnets, resolver }: CreatePlan): Resolver {
  const number = hostNumbers[reach].resolver;
  if (number === undefined) return resolver;
  return { servers: [`${subnets[0]}.${number}`], rest: reach === 'user' ? [] : resolver.rest };
}

/** A machine has whole cores; part of one is held by the kernel of this main host. */
const fractionOf = ({ cpus }: MachinePlan['hardware']): { readonly cpus?: number } =>
  Number.isInteger(cpus) ? {} : { cpus };

/** The columns of what `make-machines.sh` is told. */
function machineColumns(plan: CreatePlan) {
  const login = { user: plan.user, publicKey: plan.publicKey };
  const seedOf = (machine: MachinePlan, file: 'user-data' | 'meta-data' | 'network-config') => {
    if (machine.boot) return '';
    const mac = macAddress(plan.cluster, machine.id);
    return cloudSeed({ ...machine, ...login, mac, cluster: plan.cluster, resolver: resolverOf(plan) })[file];
  };
  return {
    node_ids: ({ id }: MachinePlan) => id,
    macs: ({ id }: MachinePlan) => macAddress(plan.cluster, id),
    backings: ({ backing }: MachinePlan) => backing,
    backing_formats: ({ backingFormat }: MachinePlan) => backingFormat,
    disk_sizes: ({ diskSize }: MachinePlan) => diskSize,
    initrds: ({ boot }: MachinePlan) => boot?.initrd,
    busyboxes: ({ boot }: MachinePlan) => boot?.busybox,
    identities: (machine: MachinePlan) => (machine.boot ? identityScript({ ...machine, ...login }) : ''),
    user_data: (machine: MachinePlan) => seedOf(machine, 'user-data'),
    meta_data: (machine: MachinePlan) => seedOf(machine, 'meta-data'),
    network_configs: (machine: MachinePlan) => seedOf(machine, 'network-config'),
    qemu_words: (machine: MachinePlan) => commandLine(machine, plan),
    links: ({ id }: MachinePlan) => (plan.reach === 'user' ? '' : machineNames(plan.cluster, id).link),
    memory_files: ({ memoryFile }: MachinePlan) => memoryFile,
  };
}

/** QEMU's command line, a word a line. */
function commandLine({ id, hardware, boot }: MachinePlan, plan: CreatePlan): string {
  const names = machineNames(plan.cluster, id);
  const forwards = [[0, 22] as const, ...plan.ports.map((port) => [port, port] as const)];
  const network: Network =
    plan.reach === 'user' ? { kind: 'user', forwards } : { kind: 'tap', link: names.link };
  const words = machineArguments({
    name: `sq${plan.cluster}-${id}`,
    hardware,
    boot: boot && { ...boot, initrd: `${names.directory}/initrd` },
    disk: names.disk,
    extraDisk: boot ? plan.shares.disk : `${names.directory}/seed.iso`,
    network,
    mac: macAddress(plan.cluster, id),
    console: `file,path=${names.console},append=on`,
    port: `socket,path=${names.port},server=on,wait=off`,
    monitor: `socket,path=${names.monitor},server=on,wait=off`,
  });
  // To the kernel, whose words may be the user's, a line's end is a blank.
  return words.map((word) => word.replaceAll('\n', ' ')).join('\n');
}
