import { quote } from '../host/root-script.ts';
import type { Share } from '../provider.ts';
import { type ContainerPlan, limitFlags } from './container-plan.ts';
import { type Engine, engineFunction } from './engine.ts';
import { initScript } from './init-script.ts';
import type { DockerState } from './list-clusters.ts';
import { clusterLabel, clusterNames, consoleLog, containerName, ownerLabel } from './names.ts';
import { type NetworkPlan, networkFlags, networkScript, nodeNetwork } from './network-scripts.ts';
import { watchScript } from './watch-script.ts';

export interface CreatePlan extends NetworkPlan {
  readonly state: DockerState;
  readonly containers: readonly ContainerPlan[];
  /** Where each container's ssh is published on the loopback, where this main host cannot reach its address. */
  readonly ports: readonly number[];
  readonly user: string;
  readonly publicKey: string;
  readonly shares: readonly Share[];
}

/**
 * The script that makes a whole cluster. The state is on disk, whole, before anything else is made. Prints
 * `net 10.x.y` when every container's sshd has said its first words, or after a minute of waiting for them.
 */
export function createScript(plan: CreatePlan): string {
  const { directory } = clusterNames(plan.cluster);
  return `
${engineFunction(plan.engine)}
id=${plan.cluster} dir=${quote(directory)}
${plan.shares.map(mustExist).join('\n')}
rm -rf "$dir.new"; mkdir -p "$dir.new"
printf '%s' ${quote(JSON.stringify(plan.state))} > "$dir.new/state.json"
mv -T "$dir.new" "$dir"
${watchScript(plan.cluster, plan.engine, plan.state.owner)}
${networkScript(plan)}
${fileFunction(plan)}
${plan.containers.map((container, index) => nodeCall(container, index, plan)).join('\n')}
failed=
for maker in "\${makers[@]}"; do wait $maker || failed=1; done
[ -z "$failed" ] || exit 1
echo net $net
`;
}

const mustExist = ({ source }: Share): string =>
  `[ -e ${quote(source)} ] || die ${quote(`${source}, which nodes are to see, does not exist`)}`;

/** What goes into a container before it starts; a tar stream, so that the engine may be anywhere. */
function fileFunction({ user, publicKey }: CreatePlan): string {
  return `
makers=()
place_files() {
  local files="$dir/$node/files"
  mkdir -p "$files/etc/ssh" "$files/.shakedown"
  printf %s ${quote(initScript)} > "$files/.shakedown/init"
  printf '%s\\n' ${quote(publicKey)} > "$files/.shakedown/authorized_keys"
  echo "$machine_id" > "$files/etc/machine-id"
  (umask 077; printf %s "$host_key" > "$files/etc/ssh/ssh_host_ed25519_key")
  echo "$public_host_key" > "$files/etc/ssh/ssh_host_ed25519_key.pub"
  tar -C "$files" --owner=0 --group=0 --numeric-owner -c .shakedown/init .shakedown/authorized_keys etc/machine-id \\
    etc/ssh/ssh_host_ed25519_key etc/ssh/ssh_host_ed25519_key.pub | engine cp - "$container:/"
  rm -rf "$files"
}
says_ssh() {
  timeout 2 bash -c 'exec 3<>/dev/tcp/$0/$1 && read -r line <&3 && [[ $line == SSH-* ]]' $1 $2 2>/dev/null
}
wait_for_ssh() {
  local try
  for try in {1..1000}; do
    if says_ssh $1 $2; then return; fi
    if [ $((try % 15)) = 0 ] && [ "$(engine container inspect --format '{{.State.Running}}' $container)" != true ]; then
      engine logs --tail 12 $container >&2 || :
      die "node $node stopped as soon as it was started"
    fi
    sleep 0.03
  done
}
user=${quote(user)}`;
}

/**
 * Makes one node beside the others; `makers` has the process ids to wait for. Started from the node's folder: conmon
 * leaves a file `oom` where it was started when a container runs out of memory.
 */
function nodeCall(container: ContainerPlan, index: number, plan: CreatePlan): string {
  const { id, machineId, hostKey, publicHostKey } = container;
  const { cluster, engine } = plan;
  const port = plan.ports[index];
  const name = containerName(cluster, id);
  const log = consoleLog(cluster, id);
  const follow = engine.kind === 'docker' ? `\n${followScript(name, log)}` : '';
  return `{ node=${id} container=${name} machine_id=${machineId}
  host_key=${quote(hostKey)}
  public_host_key=${quote(publicHostKey)}
  mkdir -p "$dir/$node"${nodeNetwork(plan)}
  engine create ${createFlags(container, plan).join(' ')} >/dev/null
  place_files
  (cd "$dir/$node" && engine start $container) >/dev/null${follow}
  ${port === undefined ? `wait_for_ssh $net.${id + 2} 22` : `wait_for_ssh 127.0.0.1 ${port}`}
} &
makers+=($!)`;
}

/** Podman writes the log where we say; of Docker's a reader makes a copy, which ends with the container. */
export const followScript = (container: string, log: string): string =>
  `setsid bash -c "$(declare -f engine); engine logs -f ${container}" </dev/null >${quote(log)} 2>&1 &`;

function createFlags(container: ContainerPlan, plan: CreatePlan): readonly string[] {
  const { cluster, engine, owner, user, shares } = plan;
  const { id, name, image, command, limits } = container;
  const port = plan.ports[plan.containers.indexOf(container)];
  const log = `path=${consoleLog(cluster, id)}`;
  const own = {
    podman: [
      `--systemd=${engine.init === 'systemd' ? 'always' : 'false'}`,
      '--log-driver=k8s-file',
      quote(`--log-opt=${log}`),
      // So that what it loses sight of is found again.
      ...(engine.reach === 'address' ? [`--cgroup-parent=/${clusterNames(cluster).cgroup}`] : []),
    ],
    docker: engine.init === 'systemd' ? ['--cgroupns=private', '--tmpfs=/run:exec', '--tmpfs=/run/lock'] : [],
  }[engine.kind];
  return [
    `--name=${containerName(cluster, id)}`,
    `--hostname=${quote(name)}`,
    '--tty',
    `--label=${clusterLabel}=${cluster}`,
    quote(`--label=${ownerLabel}=${owner}`),
    ...networkFlags(plan, id, port),
    ...plan.containers.map((other) => `--add-host=${quote(other.name)}:$net.${other.id + 2}`),
    ...shares.map(shareFlag),
    ...limitFlags(limits),
    // As much as a node of systemd-nspawn's may: mount, rule its own network, look into its processes.
    ...['SYS_ADMIN', 'NET_ADMIN', 'NET_RAW', 'SYS_PTRACE'].map((cap) => `--cap-add=${cap}`),
    '--security-opt=apparmor=unconfined',
    `--stop-signal=${stopSignal(engine, command)}`,
    ...own,
    '--entrypoint=/bin/sh',
    quote(image),
    ...['/.shakedown/init', engine.init, user, ...command].map(quote),
  ];
}

/** What shuts down systemd (systemd(1), SIGNALS) would leave an sshd unmoved. */
const stopSignal = ({ init }: Engine, command: readonly string[]): string =>
  init === 'sshd' || command.join(' ').includes('sshd') ? 'SIGTERM' : 'SIGRTMIN+3';

/** The flag is read as CSV, so a field with a comma or a quote is quoted as there (RFC 4180). */
export function shareFlag({ source, target }: Share): string {
  const field = (text: string) => (/[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return quote(`--mount=type=bind,${field(`source=${source}`)},${field(`target=${target}`)},readonly`);
}
