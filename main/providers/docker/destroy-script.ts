import { quote } from '../host/root-script.ts';
import { type Engine, engineFunction } from './engine.ts';
import { clusterLabel, clusterNames, podmanPlaces } from './names.ts';

/**
 * The script that takes a cluster away from one engine, from its id alone, in whatever state it is. What was under way
 * when its maker was killed may come to be after a first look, so it looks until nothing new is there.
 */
export function destroyScript(engine: Engine, id: string): string {
  const { network, bridge, keptMark } = clusterNames(id);
  const podman = engine.kind === 'podman';
  const external = podman ? '--external ' : '';
  return `
${engineFunction(engine)}
failed=
fail() { echo "$*" >&2; failed=1; }
containers() {
  { engine ps -a --filter label=${clusterLabel}=${id} --format '{{.Names}}'
    engine ps -a ${external}--filter name='^shakedown-${id}-[0-9]+$' --format '{{.Names}}'; } | sort -u
}
for round in {1..10}; do
  names=$(containers)
  if [ -z "$names" ]; then break; fi
  said=$(engine rm -f -v ${podman ? '-t 0 ' : ''}$names 2>&1) || sleep 0.2
done
[ -z "$names" ] || fail "these containers cannot be removed:" $names "$said"
engine volume rm -f ${keptMark} >/dev/null 2>&1 || :
for network in $(engine network ls --filter name='^${network}$' --format '{{.Name}}'); do
  said=$(engine network rm -f $network 2>&1) || fail "the network $network cannot be removed: $said"
done
${podman ? strayNetwork(network, bridge) : ''}
[ -z "$failed" ] || exit 1
`;
}

/** What a Podman that was killed half way may leave. */
const strayNetwork = (network: string, bridge: string): string => `
rm -f ${quote(`${podmanPlaces().networks}/${network}.json`)}
if [ -e /sys/class/net/${bridge} ]; then ip link delete ${bridge} || fail 'the bridge ${bridge} cannot be removed'; fi`;
