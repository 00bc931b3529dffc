import { beginRemoval, bridgeScript, natScript, removeBridge } from '../host/network-script.ts';
import type { Resolver } from '../host/resolver.ts';
import { quote } from '../host/root-script.ts';
import type { Engine } from './engine.ts';
import { clusterLabel, clusterNames, ownerLabel, podmanPlaces, stateRoot } from './names.ts';

export interface NetworkPlan {
  readonly cluster: string;
  readonly engine: Engine;
  /** The maker, as JSON. */
  readonly owner: string;
  /** Subnets to choose from, as `10.101.7`: the first one that is free. */
  readonly subnets: readonly string[];
  readonly resolver: Resolver;
}

/**
 * Makes the cluster's network; sets `net`. Root's Podman gets namespaces of ours, on a bridge of ours: those that it
 * makes itself have random names, by which nobody would find them again when it is killed half way.
 */
export function networkScript(plan: NetworkPlan): string {
  const { bridge, table } = clusterNames(plan.cluster);
  if (plan.engine.network === 'engine') return engineNetwork(plan);
  return `
bridge=${bridge}
exec 9>>${quote(`${stateRoot()}/network.lock`)}; flock 9
${bridgeScript(plan.subnets)}
exec 9>&-
${natScript(table, plan.resolver)}`;
}

/** An engine refuses a subnet that one of its own networks has, or that a route of this machine covers. */
function engineNetwork({ cluster, owner, engine, subnets }: NetworkPlan): string {
  const { network, bridge } = clusterNames(cluster);
  const driver = engine.kind === 'podman' ? '--disable-dns' : `-o com.docker.network.bridge.name=${bridge}`;
  return `
net=
for each in ${subnets.join(' ')}; do
  if said=$(engine network create ${driver} -o mtu=1500 --label ${clusterLabel}=${cluster} \\
    --label ${quote(`${ownerLabel}=${owner}`)} --subnet $each.0/24 --gateway $each.1 ${network} 2>&1); then net=$each; break; fi
  [[ $said == *overlap* || $said == *'already used'* || $said == *conflict* ]] || die "$said"
done
[ -n "$net" ] || die "no private subnet is free: $said"`;
}

/** Gives the node `$node` its place in the network, before its container is made. */
export function nodeNetwork({ cluster, engine }: Pick<NetworkPlan, 'cluster' | 'engine'>): string {
  if (engine.network === 'engine') return '';
  return `
  ns=${namespacePrefix(cluster)}$node link=\${bridge}v$node
  ip netns add $ns
  ip -batch - <<LINKS
link add $link mtu $mtu type veth peer name eth0 mtu $mtu netns $ns
link set $link master $bridge up
LINKS
  ip -n $ns -batch - <<LINKS
addr add $net.$((node + 2))/24 dev eth0
link set lo up
link set eth0 up
route add default via $net.1
LINKS`;
}

/** The flags of a container's network; `net` is set, and \`ns\` where the namespaces are ours. */
export function networkFlags(
  { cluster, engine, resolver }: NetworkPlan,
  node: number,
  port: number | undefined,
): readonly string[] {
  if (engine.network === 'engine') {
    const publish = port === undefined ? [] : [`--publish=127.0.0.1:${port}:22`];
    return [`--network=${clusterNames(cluster).network}`, `--ip=$net.${node + 2}`, ...publish];
  }
  const rest = resolver.rest.flatMap((line) => {
    const [word, ...values] = line.split(/\s+/);
    return values.map((value) => quote(`--dns-${word === 'options' ? 'opt' : 'search'}=${value}`));
  });
  const servers = resolver.servers.map((server) =>
    server === 'main' ? '--dns=$net.1' : `--dns=${quote(server)}`,
  );
  return ['--network=ns:/run/netns/$ns', ...servers, ...rest];
}

const namespacePrefix = (id: string): string => `sk-${id}-`;

/** Begins with what \`removeNetwork\` does to networks of ours, beside what comes next. */
export function beginRemovingNetwork(id: string, engine: Engine): string {
  const { bridge, table } = clusterNames(id);
  return engine.network === 'engine' ? '' : `bridge=${bridge} table=${table}${beginRemoval}`;
}

/** Takes away the cluster's network; the caller has \`fail\`, and has begun by \`beginRemovingNetwork\`. */
export function removeNetwork(id: string, engine: Engine): string {
  const { network } = clusterNames(id);
  if (engine.network === 'engine') {
    const file = quote(`${podmanPlaces().networks}/${network}.json`);
    return `
for network in $(engine network ls --filter name='^${network}$' --format '{{.Name}}'); do
  said=$(engine network rm -f $network 2>&1) || fail "the network $network cannot be removed: $said"
done
${engine.kind === 'podman' ? `rm -f ${file}` : ''}`;
  }
  return `
for ns in /run/netns/${namespacePrefix(id)}*; do ip netns delete \${ns##*/} || fail "the network namespace \${ns##*/} cannot be removed"; done
wait $early || :
${removeBridge}`;
}
