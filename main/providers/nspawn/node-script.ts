import { limitLines } from '../host/cgroup-script.ts';
import { quote } from '../host/root-script.ts';
import type { Share } from '../provider.ts';

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

/** Defines `make_node`, which makes the node of the variables that `nodeCall` sets and returns when it is booting. */
export function nodeFunctions(plan: { user: string; publicKey: string; shares: readonly Share[] }): string {
  return `
make_node() {
  local home=$dir/$node upper=$dir/$node/upper root=$dir/$node/root ns=sd-$id-$node link=\${bridge}v$node
  mkdir -p $home/work $root $upper/etc/ssh
  echo "$name" > $upper/etc/hostname
  echo "$machine_id" > $upper/etc/machine-id
  echo "$hosts" > $upper/etc/hosts
  echo "$resolv_conf" > $upper/etc/resolv.conf
  umask 077; printf %s "$host_key" > $upper/etc/ssh/ssh_host_ed25519_key; umask 022
  echo "$public_host_key" > $upper/etc/ssh/ssh_host_ed25519_key.pub
  mount -t overlay overlay -o lowerdir=$dir/tree,upperdir=$upper,workdir=$home/work $root
  authorize
  ip netns add $ns
  ip -batch - <<LINKS
link add $link mtu $mtu type veth peer name host0 mtu $mtu netns $ns
link set $link master $bridge up
LINKS
  ip -n $ns -batch - <<LINKS
addr add $net.$((node + 2))/24 dev host0
link set lo up
link set host0 up
route add default via $net.1
LINKS
  node_group=$cgroup/$node
  own_group $node_group
  limits
  start_node &
  local pid=$! try g
  for try in {1..250}; do
    for g in "\${groups[@]}"; do if [ -e $g/$node_group/payload ]; then return; fi; done
    kill -0 $pid 2>/dev/null || break
    sleep 0.02
  done
  kill -0 $pid 2>/dev/null || { tail -n 8 $home/console.log >&2; die "systemd-nspawn could not start node $node"; }
}
${startFunction(plan.shares)}
${authorizeFunction(plan)}`;
}

/**
 * In cgroups of its own in every hierarchy before it starts: systemds that share one kill each other's services. A
 * session of its own keeps it alive when we end. The network namespace is the node's alone, so it may rule it.
 */
function startFunction(shares: readonly Share[]): string {
  const path = (text: string) => text.replaceAll('\\', '\\\\').replaceAll(':', '\\:');
  const binds = shares.map(({ source, target }) => `--bind-ro=${quote(`${path(source)}:${path(target)}`)}`);
  return `start_node() {
  local g
  for g in "\${groups[@]}"; do echo $BASHPID > $g/$node_group/cgroup.procs; done
  exec setsid systemd-nspawn -q -D $root -M sd-$id-$node --hostname="$name" --register=no --keep-unit -b \\
    --network-namespace-path=/run/netns/$ns --capability=CAP_NET_ADMIN --resolv-conf=off --timezone=off \\
    --link-journal=no ${binds.join(' ')} </dev/null >$home/console.log 2>&1
}`;
}

/** Root may log in, and whoever else is wanted: with an account, and sudo without a password. */
function authorizeFunction({ user, publicKey }: { user: string; publicKey: string }): string {
  const account = `
  chroot $root useradd -m -s /bin/bash ${quote(user)} 2>/dev/null || chroot $root usermod -s /bin/bash ${quote(user)}
  printf '%s ALL=(ALL:ALL) NOPASSWD: ALL\\n' ${quote(user)} > $root/etc/sudoers.d/shakedown
  chmod 440 $root/etc/sudoers.d/shakedown
  authorize_in $root$(awk -F: -v user=${quote(user)} '$1 == user { print $6 }' $root/etc/passwd)`;
  return `authorize_in() {
  mkdir -p -m 700 $1/.ssh
  printf '%s\\n' ${quote(publicKey)} > $1/.ssh/authorized_keys
  chown -R --reference=$1 $1/.ssh
}
authorize() {
  authorize_in $root/root${user === 'root' ? '' : account}
}`;
}

/** Makes one node beside the others; `makers` has the process ids to wait for. */
export function nodeCall(container: ContainerPlan): string {
  const { id, name, machineId, hostKey, publicHostKey } = container;
  return `{ node=${id} name=${quote(name)} machine_id=${machineId}
  host_key=${quote(hostKey)}
  public_host_key=${quote(publicHostKey)}
  limits() { ${[...limitLines(container), ':'].join('\n    ')}
  }
  make_node; } &
makers+=($!)`;
}
