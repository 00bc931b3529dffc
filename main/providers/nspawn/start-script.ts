import { cgroupFunctions } from '../host/cgroup-script.ts';
import { quote } from '../host/root-script.ts';
import type { Share } from '../provider.ts';
import { clusterNames, nodeNames } from './names.ts';

/** What systemd-nspawn ends with when its container wants to be restarted (systemd-nspawn(1), `--keep-unit`). */
const restart = 133;

/**
 * The script of a node's own that runs its container, and runs it again after each reboot; when it ends the node is
 * off. The container is in cgroups of its own in every hierarchy before it starts: systemds that share one kill each
 * other's services. They are new for each boot, below the node's, which hold its limits: on version 2 a cgroup that
 * hands controllers down has no processes of its own. The network namespace is the node's alone, so it may rule it; it
 * outlives the container, and would answer pings, so that its link is down while the node is.
 */
export function startScript(cluster: string, node: { id: number; name: string }, shares: readonly Share[]) {
  const { directory, namespace, machine, link } = nodeNames(cluster, node.id);
  const path = (text: string) => text.replaceAll('\\', '\\\\').replaceAll(':', '\\:');
  const binds = shares.map(({ source, target }) => `--bind-ro=${quote(`${path(source)}:${path(target)}`)}`);
  return `
set -u
shopt -s nullglob
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin LC_ALL=C
die() { echo "$*" >&2; exit 1; }
node_group=${clusterNames(cluster).cgroup}/${node.id}
${cgroupFunctions}
enter_run() { local g; for g in "\${groups[@]}"; do echo $BASHPID > $g/$node_group/run/cgroup.procs || exit 1; done; }
join_group $node_group/keeper
while :; do
  left=("\${groups[0]}"/$node_group/run*)
  if [ \${#left[@]} -gt 0 ]; then find "\${groups[@]/%//$node_group/run}" -depth -type d -exec rmdir {} + 2>/dev/null; fi
  own_group $node_group/run
  ip link set ${link} up
  (
    enter_run
    ${cgroupVersion(`${directory}/root`)}
    exec systemd-nspawn -q -D ${directory}/root -M ${machine} --hostname=${quote(node.name)} \\
      --register=no --keep-unit -b --network-namespace-path=/run/netns/${namespace} \\
      --capability=CAP_NET_ADMIN --resolv-conf=off --timezone=off --link-journal=no ${binds.join(' ')}
  )
  ended=$?
  ip link set ${link} down
  [ $ended = ${restart} ] || exit
done
`;
}

/**
 * From 258 on systemd knows version 2 of cgroups alone; on a main host with both, systemd-nspawn would give it the first.
 * A library's name tells the version.
 */
const cgroupVersion = (root: string): string => `systemd=(${root}/usr/lib/*/systemd/libsystemd-shared-*.so)
    systemd=\${systemd[0]-}; systemd=\${systemd##*shared-}; systemd=\${systemd%%[!0-9]*}
    if [ "\${systemd:-0}" -ge 258 ]; then export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1; fi`;

/**
 * The function `boot_node`, which starts the node of `$home`, `$node` and `$node_group` in a session of its own, so that it
 * lives on when we end, and returns when its container runs.
 */
export const bootFunction = `
boot_node() {
  setsid bash $home/start </dev/null >>$home/console.log 2>&1 6>&- &
  local pid=$! try g
  for try in {1..500}; do
    for g in "\${groups[@]}"; do if [ -e $g/$node_group/run/payload ]; then return; fi; done
    kill -0 $pid 2>/dev/null || break
    sleep 0.02
  done
  kill -0 $pid 2>/dev/null || { tail -n 8 $home/console.log >&2; die "systemd-nspawn could not start node $node"; }
}`;
