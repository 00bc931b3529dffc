import { limitLines } from '../host/cgroup-script.ts';
import { quote } from '../host/root-script.ts';
import type { Share } from '../provider.ts';
import type { ContainerPlan } from './container-plan.ts';
import { diskFunctions } from './disk-script.ts';
import { bootFunction, startScript } from './start-script.ts';

/** Defines `make_node`, which makes the node of the variables that `nodeCall` sets and returns when it is booting. */
export function nodeFunctions(plan: { user: string; publicKey: string; internet: boolean }): string {
  return `
${diskFunctions}
${bootFunction}
make_node() {
  local home=$dir/$node upper=$dir/$node/disk/upper root=$dir/$node/root ns=sd-$id-$node link=\${bridge}v$node
  mkdir -p $home/disk $home/root
  printf %s "$start" > $home/start
  make_disk
  mkdir -p $upper/etc/ssh $home/disk/work
  echo "$name" > $upper/etc/hostname
  echo "$machine_id" > $upper/etc/machine-id
  echo "$hosts" > $upper/etc/hosts
  echo "$resolv_conf" > $upper/etc/resolv.conf
  umask 077; printf %s "$host_key" > $upper/etc/ssh/ssh_host_ed25519_key; umask 022
  echo "$public_host_key" > $upper/etc/ssh/ssh_host_ed25519_key.pub
  ln -s $tree $home/tree
  mount_root
  authorize
  ip -batch - <<LINKS
netns add $ns
link add $link mtu $mtu type veth peer name host0 mtu $mtu netns $ns
link set $link master $bridge
LINKS
  ip -n $ns -batch - <<LINKS
addr add $net.$((node + 2))/24 dev host0
link set lo up
link set host0 up
${plan.internet ? 'route add default via $net.1' : ''}
LINKS
  node_group=$cgroup/$node
  own_group $node_group
  share_controllers /sys/fs/cgroup/$node_group
  limits
  boot_node
}
${authorizeFunction(plan)}`;
}

/** Root may log in, and whoever else is wanted: with an account, and sudo without a password. */
function authorizeFunction({ user, publicKey }: { user: string; publicKey: string }): string {
  const account = `
  chroot $root useradd -m -s /bin/bash ${quote(user)} 2>/dev/null || chroot $root usermod -s /bin/bash ${quote(user)}
  printf '%s ALL=(ALL:ALL) NOPASSWD: ALL\\n' ${quote(user)} > $root/etc/sudoers.d/shakedown
  chmod 440 $root/etc/sudoers.d/shakedown
  local account=$root$(awk -F: -v user=${quote(user)} '$1 == user { print $6 }' $root/etc/passwd)
  authorize_in $account
  chown -R --reference=$account $account/.ssh`;
  return `authorize_in() {
  mkdir -p -m 700 $1/.ssh
  printf '%s\\n' ${quote(publicKey)} > $1/.ssh/authorized_keys
}
authorize() {
  authorize_in $root/root${user === 'root' ? '' : account}
}`;
}

/** Makes one node beside the others; `makers` has the process ids to wait for. */
export function nodeCall(cluster: string, container: ContainerPlan, shares: readonly Share[]): string {
  const { id, name, machineId, hostKey, publicHostKey, tree, disk = '' } = container;
  return `{ node=${id} name=${quote(name)} machine_id=${machineId} tree=$dir/tree${tree || ''} disk=${disk}
  start=${quote(startScript(cluster, container, shares))}
  host_key=${quote(hostKey)}
  public_host_key=${quote(publicHostKey)}
  limits() { ${[...limitLines(container), ':'].join('\n    ')}
  }
  make_node; } &
makers+=($!)`;
}
