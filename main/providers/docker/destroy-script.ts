import { killGroups, removeGroups } from '../host/cgroup-script.ts';
import { quote } from '../host/root-script.ts';
import { type Engine, engineFunction } from './engine.ts';
import { clusterLabel, clusterNames, stateRoot } from './names.ts';
import { beginRemovingNetwork, removeNetwork } from './network-scripts.ts';

/**
 * The script that takes a cluster away from one engine, from its id alone, in whatever state it is. The nodes whose
 * folders are there go unasked: each question takes an engine as long as a removal. What was under way when its maker
 * was killed may come to be after a first look, so it looks until nothing new is there.
 */
export function destroyScript(engine: Engine, id: string): string {
  const { keptMark, directory } = clusterNames(id);
  const podman = engine.kind === 'podman';
  const remove = `engine rm -f -v ${podman ? '-t 0 ' : ''}`;
  return `
${engineFunction(engine)}
failed=
fail() { echo "$*" >&2; failed=1; }
containers() {
  engine ps -a ${podman ? '--external ' : ''}--format '{{.Names}} {{.Labels}}' |
    awk '$1 ~ /^shakedown-${id}-[0-9]+$/ || /${clusterLabel.replace('.', '\\.')}[:=]${id}/ { print $1 }'
}
${beginRemovingNetwork(id, engine)}
engine volume rm -f ${keptMark} >/dev/null 2>&1 & mark=$!
known=(${quote(directory)}/[0-9]*/)
known=("\${known[@]%/}")
if [ \${#known[@]} -gt 0 ]; then ${remove}"\${known[@]/#*\\//shakedown-${id}-}" >/dev/null 2>&1 || :; fi
for round in {1..10}; do
  names=$(containers)
  if [ -z "$names" ]; then break; fi
  said=$(${remove}$names 2>&1) || sleep 0.2
done
[ -z "$names" ] || fail "these containers cannot be removed:" $names "$said"
wait $mark || :
${engine.network === 'ours' ? strays(id) : ''}
${removeNetwork(id, engine)}
[ -z "$failed" ] || exit 1
`;
}

/** What a Podman of root's that was killed half way may leave: containers that run, and that only its runtime knows. */
function strays(id: string): string {
  const { cgroup } = clusterNames(id);
  return `
cgroup=${cgroup}
${killGroups}
exec 9>>${quote(`${stateRoot()}/cgroup.lock`)}
${removeGroups}
for runtime in runc crun; do
  for noted in $(grep -l '${cgroup}/' /run/$runtime/*/state.json /run/$runtime/*/status 2>/dev/null || :); do
    noted=\${noted%/*}; $runtime delete --force \${noted##*/} >/dev/null 2>&1 || :
  done
done`;
}
