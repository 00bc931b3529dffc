import { makeClusterGroup } from '../../host/cgroup-script.ts';
import type { ClusterState } from '../../host/cluster-state.ts';
import { bridgeScript, namesScript, natScript } from '../../host/network-script.ts';
import type { Resolver } from '../../host/resolver.ts';
import { quote } from '../../host/root-script.ts';
import { watchScript } from '../../host/watch-maker.ts';
import { groupFunctions } from '../cgroups.ts';
import type { SharesDisk } from '../images/shares.ts';
import { clusterNames, lockFile } from '../names.ts';
import {
  bridgedPlace,
  slirpGateway,
  slirpPlace,
  slirpResolver,
  userNetwork,
} from '../network/user-network.ts';
import { machineCall, makeFunction } from './machine-call.ts';
import type { MachinePlan } from './machine-plan.ts';
import { startFunction } from './start-script.ts';

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
  /** In namespaces of the cluster's own, which are there already, with the one subnet; else as root. */
  readonly inNamespace: boolean;
}

/** Makes the cluster's folder, with its state and with links to what its machines lie over, in one step. */
export function folderScript({
  cluster,
  state,
  images,
}: Pick<CreatePlan, 'cluster' | 'state' | 'images'>): string {
  const { directory } = clusterNames(cluster);
  return `
dir=${directory}
rm -rf $dir.new; mkdir -p $dir.new
printf '%s' ${quote(JSON.stringify(state))} > $dir.new/state.json
${images.map((image, index) => `ln -s ${quote(image)} $dir.new/image-${index}`).join('\n')}
touch -c $dir.new $dir.new/image-*
mv -T $dir.new $dir`;
}

/**
 * The script that makes a cluster's machines, its folder being there. Prints lines `note …` for the log and, when all
 * machines run, `net 10.x.y` and `mtu 1500`.
 */
export function createScript(plan: CreatePlan): string {
  const { directory, bridge, table, cgroup } = clusterNames(plan.cluster);
  return `
id=${plan.cluster} dir=${directory} bridge=${bridge} table=${table} cgroup=${cgroup}
${groupFunctions()}
${plan.inNamespace ? '' : `exec 9>>${lockFile}; flock 9\n${makeClusterGroup}`}
${network(plan, table)}
${plan.inNamespace ? '' : watchScript(plan.state.owner)}
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

function network(plan: CreatePlan, table: string): string {
  if (plan.subnets.length === 0) return ownNetwork(plan);
  return plan.inNamespace ? slirpNetwork(plan) : bridgeNetwork(plan, table);
}

/** Sets `$net`, `$mtu`, `$gateway`, `$hosts` and `$resolv_conf`, as the others do. */
const bridgeNetwork = (plan: CreatePlan, table: string): string => `
${bridgeScript(plan.subnets)}
exec 9>&-
${natScript(table, plan.resolver)}
${namesScript(plan.resolver, plan.machines)}
gateway=$net.1
address_of() { echo $net.$(($1 + 2)); }`;

/** Without root: a bridge in the cluster's own namespace, which slirp4netns is on as well. */
function slirpNetwork({ subnets, resolver, machines }: CreatePlan): string {
  const [net = ''] = subnets;
  const placed = machines.map(({ id, name }) => ({ id: slirpPlace(id) - bridgedPlace(0), name }));
  return `
net=${net} mtu=1500
ip -batch - <<LINKS
link set lo up
link add $bridge mtu $mtu type bridge
link set $bridge up
link set tap0 master $bridge up
LINKS
${namesScript({ servers: [`${net}.${slirpResolver}`], rest: resolver.rest }, placed)}
gateway=$net.${slirpGateway}
address_of() { echo $net.$(($1 + ${slirpPlace(0)})); }`;
}

const ownNetwork = (plan: CreatePlan): string => `
${plan.inNamespace ? '' : 'exec 9>&-'}
net=${userNetwork.net} mtu=1500
${namesScript({ servers: [userNetwork.resolver], rest: plan.resolver.rest }, [])}
hosts+=$'\\n''${userNetwork.machine} ${plan.machines[0]?.name}'
gateway=${userNetwork.main}
address_of() { echo ${userNetwork.machine}; }`;
