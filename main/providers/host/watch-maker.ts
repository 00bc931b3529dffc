import type { ProcessIdentity } from '../../../common/process-identity.ts';
import { quote } from './root-script.ts';

/**
 * The beginning of a script in a shell of its own, `DIR PID START-TIME …`: it waits, and starts no process while it
 * does, until the process that made the cluster of that folder has died (proc(5), /proc/PID/stat, field 22; 0 for not
 * known). It ends when the cluster is destroyed before. Sets `$dir`; more arguments stay; `pause SECONDS` waits alike.
 */
export const untilMakerDies = `
dir=$1 pid=$2 started=$3; shift 3
exec {never}<> <(:)
pause() { read -rt $1 -u $never; }
alive() {
  local stat
  { read -r stat < /proc/$pid/stat; } 2>/dev/null || return 1
  set -- \${stat##*) }
  [ "$started" = 0 ] || [ "\${20}" = "$started" ]
}
while alive; do
  [ -e "$dir/state.json" ] || exit
  pause 1
done`;

/**
 * Starts a watch over the cluster of `$dir`, `$cgroup` and `$groups` that ends all processes of its cgroup when the process that made them has died,
 * unless they were kept by then; what is left of them is for `reap`. It starts no processes of its own while it waits.
 */
export function watchScript({ pid, startTime }: ProcessIdentity): string {
  return `
setsid bash -c ${quote(watch)} watch $dir ${pid} ${startTime ?? 0} "\${groups[@]/%//$cgroup}" </dev/null >/dev/null 2>&1 8>&- 9>&- &`;
}

const watch = `${untilMakerDies}
[ ! -e $dir/kept ] || exit
for round in {1..100}; do
  pids=$(find "$@" -name cgroup.procs -exec cat {} + 2>/dev/null | sort -u | grep -vx -e $$ -e 0) || exit
  kill -KILL $pids 2>/dev/null
  pause 0.05
done`;
