import { limitLines } from '../../host/cgroup-script.ts';
import type { Resolver } from '../../host/resolver.ts';
import { quote } from '../../host/root-script.ts';
import { identityScript } from '../guest/identity-script.ts';
import { macAddress, machineNames } from '../names.ts';
import { userNetwork } from '../network/user-network.ts';
import { cloudSeed } from './cloud-seed.ts';
import type { CreatePlan } from './create-script.ts';
import { machineArguments, type Network } from './machine-arguments.ts';
import type { MachinePlan } from './machine-plan.ts';
import { startFile } from './start-script.ts';

/** Defines `make_machine`, which makes the machine of the variables that `machineCall` sets, and starts it. */
export const makeFunction = `
make_machine() {
  local home=$dir/$node
  mkdir -p $home; chmod 711 $home
  qemu-img create -q -f qcow2 -F $format -b "$backing" $home/disk.qcow2 $size
  { printf 'hosts=%q\\nresolv_conf=%q\\n' "$hosts" "$resolv_conf"; printf %s "$identity"; } > $home/identity
  printf '%s\\n' address=$(address_of $node)/24 gateway=$gateway mtu=$mtu mac=$mac > $home/net
  chmod 600 $home/identity
  printf %s "$shares" > $home/shares
  if [ -n "$busybox" ]; then
    (cat "$initrd"; cd $home; printf '%s\\n' identity net shares | "$busybox" cpio -o -H newc 2>/dev/null | gzip -1) > $home/initrd
    chmod 600 $home/initrd
  fi
  if [ -z "$busybox" ]; then seed; fi
  if [ -n "$link" ]; then
    ip tuntap add dev $link mode tap
    ip link set $link master $bridge mtu $mtu up
  fi
  node_group=$cgroup/$node
  own_group $node_group
  limits
  printf %s "$start" > $home/start
  start_machine "\${incoming[@]}"
}
seed() {
  local file text
  mkdir $home/seed; chmod 700 $home/seed
  for file in "\${!seed[@]}"; do
    text=\${seed[$file]}
    text=\${text//@address@/$(address_of $node)}; text=\${text//@gateway@/$gateway}; text=\${text//@mtu@/$mtu}
    text=\${text//@net@/$net}; text=\${text//@hosts@/\${hosts//$'\\n'/\\\\n}}
    printf %s "$text" > $home/seed/$file
  done
  (umask 077; genisoimage -quiet -V cidata -J -r -o $home/seed.iso $home/seed)
}`;

/** Makes one machine beside the others; `makers` has the process ids to wait for. */
export function machineCall(machine: MachinePlan, plan: CreatePlan): string {
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
    extraDisk: boot ? plan.shares.disk : `${names.directory}/seed.iso`,
    network,
    mac,
    console: `file,path=${names.console},append=on`,
    port: `socket,path=${names.port},server=on,wait=off`,
    monitor: `socket,path=${names.monitor},server=on,wait=off`,
  });
  const incoming = memoryFile === undefined ? '' : `-incoming ${quote(`exec:cat '${memoryFile}'`)}`;
  const login = { user: plan.user, publicKey: plan.publicKey };
  const seed = boot
    ? {}
    : cloudSeed({ ...machine, ...login, mac, cluster: plan.cluster, resolver: resolverOf(plan) });
  const fraction = Number.isInteger(hardware.cpus) ? {} : { cpus: hardware.cpus };
  return `{ node=${id} mac=${mac} link=${user ? '' : names.link}
  backing=${quote(machine.backing)} format=${machine.backingFormat} size=${machine.diskSize ?? ''}
  busybox=${quote(boot?.busybox ?? '')} initrd=${quote(boot?.initrd ?? '')}
  identity=${quote(boot ? identityScript({ ...machine, ...login }) : '')}
  declare -A seed=(${Object.entries(seed)
    .map(([name, text]) => `[${name}]=${quote(text)}`)
    .join(' ')})
  start=${quote(startFile(words))}
  incoming=(${incoming})
  limits() { ${[...limitLines(fraction), ':'].join('\n    ')}
  }
  make_machine; } &
makers+=($!)`;
}

const resolverOf = ({ subnets, resolver }: CreatePlan): Resolver =>
  subnets.length > 0 ? resolver : { servers: [userNetwork.resolver], rest: [] };
