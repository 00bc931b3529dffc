import { quote } from '../../host/root-script.ts';
import { groupFunctions } from '../cgroups.ts';
import { clusterNames, machineNames } from '../names.ts';

/**
 * Defines `start_machine`, which starts the machine whose folder is `$home` in a session and a cgroup (`$node_group`)
 * of its own, what is given to it being added to QEMU's words, and returns when its monitor can be asked. Needs
 * `groupFunctions`. With sudo, the one who called gets the machine's sockets.
 */
export const startFunction = `
start_machine() {
  local g pid try
  rm -f $home/monitor.sock $home/port.sock
  own_group $node_group
  (for g in "\${groups[@]}"; do echo $BASHPID > $g/$node_group/cgroup.procs; done
  exec setsid bash $home/start "$@" </dev/null >>$home/qemu.log 2>&1) &
  pid=$!
  for try in {1..500}; do
    if [ -S $home/monitor.sock ] && [ -S $home/port.sock ]; then break; fi
    kill -0 $pid 2>/dev/null || { tail -n 8 $home/qemu.log >&2; die "QEMU could not start node $node"; }
    sleep 0.02
  done
  if [ -n "\${SUDO_UID:-}" ]; then chown "$SUDO_UID" $home/*.sock $home/{net,identity,shares}; fi
}`;

/** A script that starts a machine that exists and is off; it leaves one that is on alone. */
export function startAgain(id: string, machine: number): string {
  const { cgroup } = clusterNames(id);
  const { directory, link } = machineNames(id, machine);
  return `
home=${directory} node=${machine} node_group=${cgroup}/${machine}
[ -e $home/start ] || die 'there is no such machine: ${link}'
${groupFunctions()}
${startFunction}
# A machine that was just switched off may still be on its way.
for try in {1..500}; do
  running=$(cat /sys/fs/cgroup/{,*/}$node_group/cgroup.procs 2>/dev/null || :)
  [ -n "$running" ] || break
  sleep 0.02
done
[ -z "$running" ] || exit 0
start_machine`;
}

/** A script that `exec`s QEMU with these words. */
export const startFile = (words: readonly string[]): string =>
  `exec qemu-system-x86_64 ${words.map(quote).join(' ')} "$@"\n`;
