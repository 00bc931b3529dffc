import { cgroupFunctions, makeClusterGroup } from '../host/cgroup-script.ts';
import type { ClusterState } from '../host/cluster-state.ts';
import { bridgeScript, namesScript, natScript } from '../host/network-script.ts';
import type { Resolver } from '../host/resolver.ts';
import { quote } from '../host/root-script.ts';
import { watchScript } from '../host/watch-maker.ts';
import { machineCall, makeFunction } from './machine-call.ts';
import type { MachinePlan } from './machine-plan.ts';
import { clusterNames, lockFile } from './names.ts';
import type { SharesDisk } from './shares.ts';
import { startFunction } from './start-script.ts';
import { userNetwork } from './user-network.ts';

export interface CreatePlan {
  readonly cluster: string;
  /** The contents of state.json. Unless they are kept, the machines end when their owner does. */
  readonly state: ClusterState;
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

/**
 * The script that makes a whole cluster. The state is on disk, whole, before anything else is made. Prints lines
 * `note …` for the log and, when all machines run, `net 10.x.y` and `mtu 1500`.
 */
export function createScript(plan: CreatePlan): string {
  const { directory, bridge, table, cgroup } = clusterNames(plan.cluster);
  return `
id=${plan.cluster} dir=${directory} bridge=${bridge} table=${table} cgroup=${cgroup}
rm -rf $dir.new; mkdir -p $dir.new
printf '%s' ${quote(JSON.stringify(plan.state))} > $dir.new/state.json
${plan.images.map((image, index) => `ln -s ${quote(image)} $dir.new/image-${index}`).join('\n')}
touch -c $dir.new/image-*
mv -T $dir.new $dir
exec 9>>${lockFile}; flock 9
${cgroupFunctions}
${makeClusterGroup}
${plan.subnets.length > 0 ? bridgeNetwork(plan, table) : ownNetwork(plan)}
${watchScript(plan.state.owner)}
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

/** Sets `$net`, `$mtu`, `$gateway`, `$hosts` and `$resolv_conf`, as the other does. */
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
