import { join } from 'node:path';
import { type ClusterPlan, identityColumns } from '../../host/cluster-plan.ts';
import { hostLock } from '../../host/host-lock.ts';
import { hostNumber } from '../../host/machine-at.ts';
import { quote } from '../../host/root-script.ts';
import { columns, shellFile } from '../../host/shell-file.ts';
import { networkValues, watchValues } from '../../host/shell-values.ts';
import type { Share } from '../../provider.ts';
import { type Engine, engineValues } from '../engines/engine.ts';
import type { DockerState } from '../list-clusters.ts';
import { clusterLabel, clusterNames, consoleLog, containerName, ownerLabel } from '../names.ts';
import { type ContainerPlan, limitFlags } from './container-plan.ts';

export interface CreatePlan extends ClusterPlan {
  readonly engine: Engine;
  readonly state: DockerState;
  /** The maker, as JSON. */
  readonly owner: string;
  readonly containers: readonly ContainerPlan[];
  /**
   * Where each container's ssh is published on the loopback, where this main host cannot reach its address.
   */
  readonly ports: readonly number[];
  readonly shares: readonly Share[];
}

/** The script that makes a whole cluster: `make-cluster.sh`, which says what it prints. */
export function createScript(plan: CreatePlan): string {
  const { cluster, engine, subnets, resolver, containers, ports } = plan;
  const { directory, bridge, table, namespacePrefix } = clusterNames(cluster);
  const nodes = containers.map(({ id, name }) => ({ name, host: hostNumber(id) }));
  return shellFile(import.meta.dirname, 'make-cluster.sh', {
    dir: directory,
    state: JSON.stringify(plan.state),
    user: plan.user,
    public_key: plan.publicKey,
    share_sources: plan.shares.map(({ source }) => source),
    init: engine.init,
    init_program: shellFile(import.meta.dirname, 'init.sh'),
    network_lock: hostLock,
    namespace_prefix: namespacePrefix,
    network_flags: networkFlags(plan),
    ...engineValues(engine),
    ...networkOf(cluster, engine),
    ...networkValues({ bridge, table, subnets, resolver, internet: true, nodes }),
    ...watchValues(plan.state.owner),
    watch_program: watchProgram(cluster, engine),
    ...columns(containers, {
      ...identityColumns,
      containers: ({ id }) => containerName(cluster, id),
      images: ({ image }) => image,
      consoles: ({ id }) => consoleLog(cluster, id),
      ports: (container) => ports[containers.indexOf(container)],
      flags: (container) => words(containerFlags(container, plan)),
      commands: ({ command }) => words(command),
    }),
  });
}

/** The name of the cluster's network where its engine makes it. */
export const networkOf = (cluster: string, { network }: Pick<Engine, 'network'>) => ({
  network: network === 'engine' ? clusterNames(cluster).network : undefined,
});

/** Flags of `rm` by which a container goes at once. */
export const removeFlags = ({ kind }: Pick<Engine, 'kind'>): readonly string[] =>
  kind === 'podman' ? ['-f', '-v', '-t', '0'] : ['-f', '-v'];

const words = (list: readonly string[]): string => list.map(quote).join(' ');

const watchProgram = (cluster: string, engine: Engine): string =>
  shellFile(import.meta.dirname, 'watch.sh', {
    kept_mark: clusterNames(cluster).keptMark,
    cluster_label: `${clusterLabel}=${cluster}`,
    remove_flags: removeFlags(engine),
    ...engineValues(engine),
  });

function networkFlags({ cluster, engine, owner }: CreatePlan): readonly string[] {
  const own = {
    podman: ['--disable-dns'],
    docker: ['-o', `com.docker.network.bridge.name=${clusterNames(cluster).bridge}`],
  }[engine.kind];
  const labels = [`--label=${clusterLabel}=${cluster}`, `--label=${ownerLabel}=${owner}`];
  return [...own, '-o', 'mtu=1500', ...labels];
}

/** What follows `run` or `create`, but for what depends on the network that is had. */
function containerFlags(container: ContainerPlan, plan: CreatePlan): readonly string[] {
  const { cluster, engine, owner, shares } = plan;
  const { id, name, command, limits } = container;
  return [
    `--name=${containerName(cluster, id)}`,
    `--hostname=${name}`,
    '--tty',
    `--label=${clusterLabel}=${cluster}`,
    `--label=${ownerLabel}=${owner}`,
    ...shares.map(shareFlag),
    ...limitFlags(limits),
    // As much as a node of systemd-nspawn's may: mount, rule its own network, look into its processes.
    ...['SYS_ADMIN', 'NET_ADMIN', 'NET_RAW', 'SYS_PTRACE'].map((capability) => `--cap-add=${capability}`),
    '--security-opt=apparmor=unconfined',
    `--stop-signal=${stopSignal(engine, command)}`,
    ...flagsOfKind(cluster, id, engine),
  ];
}

function flagsOfKind(cluster: string, node: number, { kind, init, reach }: Engine): readonly string[] {
  const { directory, cgroup } = clusterNames(cluster);
  if (kind === 'docker') {
    return init === 'systemd' ? ['--cgroupns=private', '--tmpfs=/run:exec', '--tmpfs=/run/lock'] : [];
  }
  return [
    `--systemd=${init === 'systemd' ? 'always' : 'false'}`,
    '--log-driver=k8s-file',
    `--log-opt=path=${consoleLog(cluster, node)}`,
    // Where make-node.sh writes it, and init.sh looks for it.
    shareFlag({ source: join(directory, String(node), 'given'), target: '/.shakedown/given' }),
    // SELinux would let a container read nothing of this main host's that is not labelled for it.
    '--security-opt=label=disable',
    // So that what it loses sight of is found again.
    ...(reach === 'address' ? [`--cgroup-parent=/${cgroup}`] : []),
  ];
}

/** What shuts down systemd (systemd(1), SIGNALS) would leave an sshd unmoved. */
const stopSignal = ({ init }: Engine, command: readonly string[]): string =>
  init === 'sshd' || command.join(' ').includes('sshd') ? 'SIGTERM' : 'SIGRTMIN+3';

/** The flag is read as CSV, so a field with a comma or a quote is quoted as there (RFC 4180). */
export function shareFlag({ source, target }: Share): string {
  const field = (text: string) => (/[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return `--mount=type=bind,${field(`source=${source}`)},${field(`target=${target}`)},readonly`;
}
