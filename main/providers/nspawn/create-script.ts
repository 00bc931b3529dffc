import type { Share } from '../provider.ts';
import { clusterNames, nodeNames } from './names.ts';
import { quote } from './root-script.ts';

/** One container as it shall be. */
export interface ContainerPlan {
  readonly id: number;
  readonly name: string;
  /** OpenSSH's private key format. */
  readonly hostKey: string;
  /** `ssh-ed25519 AAAA…` */
  readonly publicHostKey: string;
  readonly machineId: string;
  /** Bytes, cores, processes. */
  readonly memory?: number;
  readonly cpus?: number;
  readonly pids?: number;
}

export interface CreatePlan {
  readonly cluster: string;
  readonly tree: string;
  /** The contents of state.json. */
  readonly state: string;
  /** Subnets to choose from, as `10.101.7`: the first one that no route uses. */
  readonly subnets: readonly string[];
  readonly containers: readonly ContainerPlan[];
  readonly user: string;
  readonly publicKey: string;
  readonly resolvConf: string;
  readonly shares: readonly Share[];
}

/**
 * The script that makes a whole cluster and prints the subnet it took. It puts itself into the cluster's freezer
 * cgroup first, so that destroying a cluster also ends whoever is still making it.
 */
export function createScript(plan: CreatePlan): string {
  const { directory, bridge, table, cgroup } = clusterNames(plan.cluster);
  const names = plan.containers.map(({ id, name }) => `printf '%s.%s %s\\n' "$net" ${id + 2} ${quote(name)}`);
  return `
mkdir -p ${directory}
printf '%s' ${quote(plan.state)} > ${directory}/state.json
groups=; for h in memory cpu cpuacct pids freezer systemd unified; do
  [ -e /sys/fs/cgroup/$h/cgroup.procs ] && groups="$groups /sys/fs/cgroup/$h"
done
if [ -z "$groups" ]; then groups=/sys/fs/cgroup; fi
for g in $groups; do mkdir -p $g/${cgroup}/make; done
for g in /sys/fs/cgroup/freezer /sys/fs/cgroup; do
  if [ -e $g/${cgroup}/make ]; then echo $$ > $g/${cgroup}/make/cgroup.procs; break; fi
done
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  for d in /sys/fs/cgroup /sys/fs/cgroup/shakedown /sys/fs/cgroup/${cgroup}; do
    echo '+memory +cpu +pids' > $d/cgroup.subtree_control || true
  done
fi
limit=/proc/sys/fs/inotify/max_user_instances
if [ "$(cat $limit)" -lt ${128 + plan.containers.length * 16} ]; then echo 8192 > $limit || true; fi
exec 9>/run/shakedown-nspawn.lock; flock 9
net=; for each in ${plan.subnets.join(' ')}; do
  if [ -z "$(ip -4 route show exact $each.0/24)" ]; then net=$each; break; fi
done
[ -n "$net" ] || { echo 'no free subnet below 10.0.0.0/8' >&2; exit 1; }
mtu=$(ip -4 route show default | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p' | head -n 1)
mtu=$(cat /sys/class/net/\${mtu:-lo}/mtu); [ $mtu -le 1500 ] || mtu=1500
ip link add ${bridge} mtu $mtu type bridge
ip addr add $net.1/24 dev ${bridge}
ip link set ${bridge} up
flock -u 9; exec 9>&-
echo 1 > /proc/sys/net/ipv4/ip_forward
nft -f - <<RULES
table ip ${table} {
  chain nat {
    type nat hook postrouting priority 100; policy accept;
    ip saddr $net.0/24 ip daddr != $net.0/24 masquerade
  }
}
RULES
hosts=$(${names.join('; ')})
${plan.containers.map((container) => containerScript(container, plan)).join('\n')}
wait
echo $net
`;
}

function containerScript(container: ContainerPlan, plan: CreatePlan): string {
  const { directory, namespace, link } = nodeNames(plan.cluster, container.id);
  const { bridge } = clusterNames(plan.cluster);
  const upper = `${directory}/upper`;
  return `
(
mkdir -p ${directory}/work ${directory}/root ${upper}/etc/ssh
printf '%s\\n' ${quote(container.name)} > ${upper}/etc/hostname
printf '%s\\n' ${quote(container.machineId)} > ${upper}/etc/machine-id
printf '127.0.0.1 localhost\\n::1 localhost ip6-localhost ip6-loopback\\n%s\\n' "$hosts" > ${upper}/etc/hosts
printf '%s' ${quote(plan.resolvConf)} > ${upper}/etc/resolv.conf
umask 077; printf '%s' ${quote(container.hostKey)} > ${upper}/etc/ssh/ssh_host_ed25519_key; umask 022
printf '%s\\n' ${quote(container.publicHostKey)} > ${upper}/etc/ssh/ssh_host_ed25519_key.pub
mount -t overlay overlay -o lowerdir=${quote(plan.tree)},upperdir=${upper},workdir=${directory}/work ${directory}/root
${authorize(plan, `${directory}/root`)}
ip netns add ${namespace}
ip link add ${link} mtu $mtu type veth peer name host0 mtu $mtu netns ${namespace}
ip link set ${link} master ${bridge} up
ip -n ${namespace} addr add $net.${container.id + 2}/24 dev host0
ip -n ${namespace} link set lo up
ip -n ${namespace} link set host0 up
ip -n ${namespace} route add default via $net.1
${startContainer(container, plan)}
) &`;
}

/** The login may be root or anyone; anyone gets an account and sudo without a password. */
function authorize({ user, publicKey }: CreatePlan, root: string): string {
  const name = quote(user);
  const account =
    user === 'root'
      ? `home=${root}/root`
      : `chroot ${root} useradd -m -s /bin/bash ${name}
printf '%s ALL=(ALL) NOPASSWD: ALL\\n' ${name} > ${root}/etc/sudoers.d/shakedown; chmod 440 ${root}/etc/sudoers.d/shakedown
home=${root}/home/${name}`;
  return `${account}
mkdir -p -m 700 $home/.ssh; printf '%s\\n' ${quote(publicKey)} > $home/.ssh/authorized_keys
chown -R --reference=$home $home/.ssh`;
}

/** In cgroups of its own in every hierarchy before it starts: systemds that share one kill each other's services. */
function startContainer({ id, name, memory, cpus, pids }: ContainerPlan, plan: CreatePlan): string {
  const { cluster, shares } = plan;
  const { cgroup } = clusterNames(cluster);
  const { directory, namespace, console } = nodeNames(cluster, id);
  const set = (file: string, value: string | number) => `[ ! -e $d/${file} ] || echo '${value}' > $d/${file}`;
  const limits = [
    ...(memory === undefined ? [] : [set('memory.limit_in_bytes', memory), set('memory.max', memory)]),
    ...(cpus === undefined
      ? []
      : [
          set('cpu.cfs_quota_us', Math.round(cpus * 100_000)),
          set('cpu.max', `${Math.round(cpus * 100_000)} 100000`),
        ]),
    ...(pids === undefined ? [] : [set('pids.max', pids)]),
  ];
  const binds = shares.map(({ source, target }) => `--bind-ro=${quote(`${source}:${target}`)}`);
  return `for g in $groups; do d=$g/${cgroup}/${id}; mkdir -p $d; ${limits.map((each) => `${each}; `).join('')}echo $BASHPID > $d/cgroup.procs; done
exec setsid systemd-nspawn -q -D ${directory}/root -M sd-${cluster}-${id} --hostname=${quote(name)} \\
  --register=no --keep-unit -b --network-namespace-path=/run/netns/${namespace} --resolv-conf=off --timezone=off \\
  --link-journal=no ${binds.join(' ')} </dev/null >${console} 2>&1 &`;
}
