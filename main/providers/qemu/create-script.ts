import { cgroupFunctions, limitLines, makeClusterGroup } from '../host/cgroup-script.ts';
import { bridgeScript, namesScript, natScript } from '../host/network-script.ts';
import type { Resolver } from '../host/resolver.ts';
import { quote } from '../host/root-script.ts';
import { identityScript } from './identity-script.ts';
import { machineArguments, type Network } from './machine-arguments.ts';
import type { MachinePlan } from './machine-plan.ts';
import { clusterNames, lockFile, macAddress, machineNames } from './names.ts';
import type { SharesDisk } from './shares.ts';
import { startFile, startFunction } from './start-script.ts';

export interface CreatePlan {
  readonly cluster: string;
  /** The contents of state.json. */
  readonly state: string;
  /** The process that makes the cluster: unless they are kept, its machines end when it does. */
  readonly owner: number;
  /** Images that the machines lie over. */
  readonly images: readonly string[];
  /** Subnets to choose from, as `10.101.7`; none for a machine with QEMU's own network (`ports` of it forwarded). */
  readonly subnets: readonly string[];
  readonly ports: readonly number[];
  readonly machines: readonly MachinePlan[];
  readonly user: string;
  readonly publicKey: string;
  readonly resolver: Resolver;
  readonly shares: Pick<SharesDisk, 'disk' | 'mountScript'>;
}

/** QEMU's own network (qemu-system-x86_64(1), -netdev user): the machine, the main host, a resolver. */
export const userNetwork = { net: '10.0.2', machine: '10.0.2.15', main: '10.0.2.2', resolver: '10.0.2.3' };

/**
 * The script that makes a whole cluster. The state is on disk, whole, before anything else is made. Prints lines
 * `note …` for the log and, when all machines run, `net 10.x.y` and `mtu 1500`.
 */
export function createScript(plan: CreatePlan): string {
  const { directory, bridge, table, cgroup } = clusterNames(plan.cluster);
  return `
id=${plan.cluster} dir=${directory} bridge=${bridge} table=${table} cgroup=${cgroup}
rm -rf $dir.new; mkdir -p $dir.new
printf '%s' ${quote(plan.state)} > $dir.new/state.json
${plan.images.map((image, index) => `ln -s ${quote(image)} $dir.new/image-${index}`).join('\n')}
touch -c $dir.new/image-*
mv -T $dir.new $dir
exec 9>>${lockFile}; flock 9
${cgroupFunctions}
${makeClusterGroup}
${plan.subnets.length > 0 ? bridgeNetwork(plan, table) : ownNetwork(plan)}
${watch(plan.owner)}
${startFunction}
shares=${quote(plan.shares.mountScript)}
${makeFunction}
makers=()
${plan.machines.map((machine) => machineCall(machine, plan)).join('\n')}
failed=
for maker in "\${makers[@]}"; do wait $maker || failed=1; done
[ -z "$failed" ] || exit 1
echo net $net; echo mtu $mtu
`;
}

const bridgeNetwork = (plan: CreatePlan, table: string): string => `
${bridgeScript(plan.subnets)}
exec 9>&-
${natScript(table, plan.resolver)}
${namesScript(plan.resolver, plan.machines)}
gateway=$net.1
address_of() { echo $net.$(($1 + 2)); }`;

const ownNetwork = (plan: CreatePlan): string => `
exec 9>&-
net=${userNetwork.net} mtu=1500
${namesScript({ servers: [userNetwork.resolver], rest: plan.resolver.rest }, [])}
hosts+=$'\\n''${userNetwork.machine} ${plan.machines[0]?.name}'
gateway=${userNetwork.main}
address_of() { echo ${userNetwork.machine}; }`;

/** Ends the machines when the maker is gone, however it went, unless they are kept. */
const watch = (owner: number): string => `
own_group $cgroup/watch
(for g in "\${groups[@]}"; do echo $BASHPID > $g/$cgroup/watch/cgroup.procs; done
exec setsid bash -c '
tail --pid=${owner} -s 2 -f /dev/null
[ ! -e '$dir'/kept ] || exit 0
kill -KILL $(cat /sys/fs/cgroup/{,*/}'$cgroup'/[0-9]*/cgroup.procs 2>/dev/null | sort -u)' </dev/null >/dev/null 2>&1) &`;

const makeFunction = `
make_machine() {
  local home=$dir/$node
  mkdir -p $home; chmod 711 $home
  qemu-img create -q -f qcow2 -F qcow2 -b "$backing" $home/disk.qcow2 $size
  { printf 'hosts=%q\\nresolv_conf=%q\\n' "$hosts" "$resolv_conf"; printf %s "$identity"; } > $home/identity
  printf '%s\\n' address=$(address_of $node)/24 gateway=$gateway mtu=$mtu mac=$mac > $home/net
  chmod 600 $home/identity
  printf %s "$shares" > $home/shares
  if [ -n "$busybox" ]; then
    (cat "$initrd"; cd $home; printf '%s\\n' identity net shares | "$busybox" cpio -o -H newc 2>/dev/null | gzip -1) > $home/initrd
    chmod 600 $home/initrd
  fi
  if [ -n "$link" ]; then
    ip tuntap add dev $link mode tap
    ip link set $link master $bridge mtu $mtu up
  fi
  node_group=$cgroup/$node
  own_group $node_group
  limits
  printf %s "$start" > $home/start
  start_machine "\${incoming[@]}"
}`;

/** Makes one machine beside the others; `makers` has the process ids to wait for. */
function machineCall(machine: MachinePlan, plan: CreatePlan): string {
  const { id, boot, hardware, memoryFile } = machine;
  const names = machineNames(plan.cluster, id);
  const user = plan.subnets.length === 0;
  const forwards = [[0, 22] as const, ...plan.ports.map((port) => [port, port] as const)];
  const network: Network = user ? { kind: 'user', forwards } : { kind: 'tap', link: names.link };
  const mac = macAddress(plan.cluster, id);
  const words = machineArguments({
    name: `sq${plan.cluster}-${id}`,
    hardware,
    boot: boot && { ...boot, initrd: `${names.directory}/initrd` },
    disk: names.disk,
    extraDisk: plan.shares.disk,
    network,
    mac,
    console: `file,path=${names.console},append=on`,
    port: `socket,path=${names.port},server=on,wait=off`,
    monitor: `socket,path=${names.monitor},server=on,wait=off`,
  });
  const incoming = memoryFile === undefined ? '' : `-incoming ${quote(`exec:cat '${memoryFile}'`)}`;
  const fraction = Number.isInteger(hardware.cpus) ? {} : { cpus: hardware.cpus };
  return `{ node=${id} mac=${mac} link=${user ? '' : names.link}
  backing=${quote(machine.backing)} size=${machine.diskSize ?? ''}
  busybox=${quote(boot?.busybox ?? '')} initrd=${quote(boot?.initrd ?? '')}
  identity=${quote(identityScript({ ...machine, user: plan.user, publicKey: plan.publicKey }))}
  start=${quote(startFile(words))}
  incoming=(${incoming})
  limits() { ${[...limitLines(fraction), ':'].join('\n    ')}
  }
  make_machine; } &
makers+=($!)`;
}
