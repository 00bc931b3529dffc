import { join } from 'node:path';
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

/**
 * What a container is given (see `initScript`): Podman, which is on this main host, mounts the folder; to Docker, which
 * may be anywhere, it goes as a tar stream before the start.
 */
const given = '/.shakedown/given';
const givenFolder = (cluster: string, node: number): string =>
  join(clusterNames(cluster).directory, String(node), 'given');

function fileFunction({ user, publicKey }: CreatePlan): string {
  return `
makers=()
place_files() {
  local files="$dir/$node/given"
  mkdir -p "$files"
  printf %s ${quote(initScript)} > "$files/init"
  printf '%s\\n' ${quote(publicKey)} > "$files/authorized_keys"
  echo "$machine_id" > "$files/machine-id"
  (umask 077; printf %s "$host_key" > "$files/ssh_host_ed25519_key")
  echo "$public_host_key" > "$files/ssh_host_ed25519_key.pub"
}
send_files() {
  tar -C "$dir/$node" --owner=0 --group=0 --numeric-owner --transform 's,^,.shakedown/,' -c given | engine cp - "$container:/"
  rm -rf "$dir/$node/given"
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
  const flags = createFlags(container, plan).join(' ');
  return `{ node=${id} container=${name} machine_id=${machineId}
  host_key=${quote(hostKey)}
  public_host_key=${quote(publicHostKey)}
  place_files${nodeNetwork(plan)}
  ${engine.kind === 'podman' ? runNode(flags) : createAndStart(flags, name, log)}
  ${port === undefined ? `wait_for_ssh $net.${id + 2} 22` : `wait_for_ssh 127.0.0.1 ${port}`}
} &
makers+=($!)`;
}

const runNode = (flags: string): string => `(cd "$dir/$node" && engine run -d ${flags}) >/dev/null`;

const createAndStart = (
  flags: string,
  name: string,
  log: string,
): string => `engine create ${flags} >/dev/null
  send_files
  engine start $container >/dev/null
  ${followScript(name, log)}`;

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
      shareFlag({ source: givenFolder(cluster, id), target: given }),
      // SELinux would let a container read nothing of this main host's that is not labelled for it.
      '--security-opt=label=disable',
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
    ...[`${given}/init`, engine.init, user, ...command].map(quote),
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
