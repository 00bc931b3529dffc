import { quote } from '../host/root-script.ts';
import type { Share } from '../provider.ts';
import { type ContainerPlan, limitFlags } from './container-plan.ts';
import { type Engine, engineFunction } from './engine.ts';
import { initScript } from './init-script.ts';
import { clusterLabel, clusterNames, consoleLog, containerName, ownerLabel, podmanPlaces } from './names.ts';

export interface CreatePlan {
  readonly cluster: string;
  readonly engine: Engine;
  /** The contents of state.json. */
  readonly state: string;
  /** The maker, as JSON. */
  readonly owner: string;
  /** Subnets to choose from, as `10.101.7`: the first one that the engine takes. */
  readonly subnets: readonly string[];
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
printf '%s' ${quote(plan.state)} > "$dir.new/state.json"
mv -T "$dir.new" "$dir"
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

/** An engine refuses a subnet that one of its own networks has, or that a route of this machine covers. */
function networkScript({ cluster, owner, engine, subnets }: CreatePlan): string {
  const { network, bridge } = clusterNames(cluster);
  const podman = engine.kind === 'podman';
  const driver = podman ? '--disable-dns' : `-o com.docker.network.bridge.name=${bridge}`;
  const file = quote(`${podmanPlaces().networks}/${network}.json`);
  // Its own choice is a name that is free now, which another Podman may also take. Version 4.3 has no flag for it.
  const rename = `sed -i 's/"network_interface": "[^"]*"/"network_interface": "${bridge}"/' ${file}`;
  return `
net=
for each in ${subnets.join(' ')}; do
  if said=$(engine network create ${driver} -o mtu=1500 --label ${clusterLabel}=$id \\
    --label ${quote(`${ownerLabel}=${owner}`)} --subnet $each.0/24 --gateway $each.1 ${network} 2>&1); then net=$each; break; fi
  [[ $said == *overlap* || $said == *'already used'* || $said == *conflict* ]] || die "$said"
done
[ -n "$net" ] || die "no private subnet is free: $said"
${podman ? rename : ''}`;
}

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
  for try in {1..300}; do
    if says_ssh $1 $2; then return; fi
    if [ $((try % 5)) = 0 ] && [ "$(engine container inspect --format '{{.State.Running}}' $container)" != true ]; then
      engine logs --tail 12 $container >&2 || :
      die "node $node stopped as soon as it was started"
    fi
    sleep 0.1
  done
}
user=${quote(user)}`;
}

/** Makes one node beside the others; `makers` has the process ids to wait for. */
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
  mkdir -p "$dir/$node"
  engine create ${createFlags(container, plan).join(' ')} >/dev/null
  place_files
  engine start $container >/dev/null${follow}
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
  const others = plan.containers.filter((other) => other.id !== id);
  const own = {
    podman: [
      `--systemd=${engine.init === 'systemd' ? 'always' : 'false'}`,
      '--log-driver=k8s-file',
      quote(`--log-opt=${log}`),
    ],
    docker: engine.init === 'systemd' ? ['--cgroupns=private', '--tmpfs=/run:exec', '--tmpfs=/run/lock'] : [],
  }[engine.kind];
  return [
    `--name=${containerName(cluster, id)}`,
    `--hostname=${quote(name)}`,
    '--tty',
    `--label=${clusterLabel}=${cluster}`,
    quote(`--label=${ownerLabel}=${owner}`),
    `--network=${clusterNames(cluster).network}`,
    `--ip=$net.${id + 2}`,
    ...others.map((other) => `--add-host=${quote(other.name)}:$net.${other.id + 2}`),
    ...(port === undefined ? [] : [`--publish=127.0.0.1:${port}:22`]),
    ...shares.map(shareFlag),
    ...limitFlags(limits),
    // As much as a node of systemd-nspawn's may: mount, rule its own network, look into its processes.
    ...['SYS_ADMIN', 'NET_ADMIN', 'NET_RAW', 'SYS_PTRACE'].map((cap) => `--cap-add=${cap}`),
    '--security-opt=apparmor=unconfined',
    '--stop-signal=SIGRTMIN+3',
    ...own,
    '--entrypoint=/bin/sh',
    quote(image),
    ...['/.shakedown/init', engine.init, user, ...command].map(quote),
  ];
}

/** The flag is read as CSV, so a field with a comma or a quote is quoted as there (RFC 4180). */
export function shareFlag({ source, target }: Share): string {
  const field = (text: string) => (/[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return quote(`--mount=type=bind,${field(`source=${source}`)},${field(`target=${target}`)},readonly`);
}
