import { cgroupFunctions, makeClusterGroup } from '../host/cgroup-script.ts';
import type { ClusterState } from '../host/cluster-state.ts';
import { bridgeScript, namesScript, natScript } from '../host/network-script.ts';
import type { Resolver } from '../host/resolver.ts';
import { quote } from '../host/root-script.ts';
import { watchScript } from '../host/watch-maker.ts';
import type { Share } from '../provider.ts';
import type { ContainerPlan } from './container-plan.ts';
import { clusterNames, lockFile } from './names.ts';
import { nodeCall, nodeFunctions } from './node-script.ts';

export interface CreatePlan {
  readonly cluster: string;
  /** The links to the base trees; each container has the index of its own. */
  readonly trees: readonly string[];
  /** The contents of state.json. */
  readonly state: ClusterState;
  /** Subnets to choose from, as `10.101.7`: the first one that no route uses. */
  readonly subnets: readonly string[];
  readonly containers: readonly ContainerPlan[];
  readonly user: string;
  readonly publicKey: string;
  readonly resolver: Resolver;
  readonly shares: readonly Share[];
  /** Whether nodes get out of the cluster's own network. */
  readonly internet: boolean;
}

/**
 * The script that makes a whole cluster. The state is on disk, whole, before anything else is made. Prints lines
 * `note …` for the log and, when all nodes are booting, `net 10.x.y`.
 */
export function createScript(plan: CreatePlan): string {
  const { directory, bridge, table, cgroup } = clusterNames(plan.cluster);
  return `
id=${plan.cluster} dir=${directory} bridge=${bridge} cgroup=${cgroup}
${plan.shares.map(mustExist).join('\n')}
[ ! -e $dir.new ] || rm -rf $dir.new
mkdir -p $dir.new
printf '%s' ${quote(JSON.stringify(plan.state))} > $dir.new/state.json
mv -T $dir.new $dir
${plan.trees.map(useTree).join('\n')}
${moreInotify(plan.containers.length)}
exec 9>>${lockFile}; flock 9
${cgroupFunctions}
${makeClusterGroup}
${watchScript(plan.state.owner)}
${bridgeScript(plan.subnets)}
exec 9>&-
${namesScript(plan.internet ? plan.resolver : { servers: [], rest: [] }, plan.containers)}
${nodeFunctions(plan)}
makers=()
${plan.containers.map((container) => nodeCall(plan.cluster, container, plan.shares)).join('\n')}
# While they boot: nothing on them listens yet.
${natScript(table, plan.resolver, plan.internet)}
failed=
for maker in "\${makers[@]}"; do wait $maker || failed=1; done
[ -z "$failed" ] || exit 1
echo net $net
`;
}

/** A link in the cluster's folder says that the tree is in use, and holds on to this build of it. */
const useTree = (tree: string, index: number): string => `
exec 8>>${quote(`${tree}.lock`)}; flock -s 8; echo > ${quote(`${tree}.lock`)}
ln -s "$(readlink -f ${quote(tree)})" $dir/tree${index || ''}
exec 8>&-
[ -e $dir/tree${index || ''}/etc/os-release ] || die 'the base tree is gone'`;

const mustExist = ({ source }: Share): string =>
  `[ -e ${quote(source)} ] || die ${quote(`${source}, which nodes are to see, does not exist`)}`;

/** Each systemd takes some ten inotify instances of root's (inotify(7)). Others may count on the raised limit by now,
 * so it is not lowered again. */
const moreInotify = (nodes: number): string => `
limit=/proc/sys/fs/inotify/max_user_instances
if [ $(<$limit) -lt ${128 + nodes * 16} ]; then
  echo "note raised fs.inotify.max_user_instances from $(<$limit) to 8192, which it stays"
  echo 8192 > $limit || :
fi`;
