import type { ProcessIdentity } from '../../../common/process-identity.ts';
import { quote } from '../host/root-script.ts';

/**
 * Starts a watch over the cluster of `$dir` and `$groups` that ends its nodes when the process that made them has died,
 * unless they were kept by then; what is left of them is for `reap`. It starts no processes of its own while it waits.
 */
export function watchScript({ pid, startTime }: ProcessIdentity): string {
  return `
setsid bash -c ${quote(watch)} watch $dir ${pid} ${startTime ?? 0} "\${groups[@]/%//$cgroup}" </dev/null >/dev/null 2>&1 8>&- 9>&- &`;
}

const watch = `
dir=$1 pid=$2 started=$3; shift 3
exec {never}<> <(:)
alive() {
  local stat
  { read -r stat < /proc/$pid/stat; } 2>/dev/null || return 1
  set -- \${stat##*) }
  [ "$started" = 0 ] || [ "\${20}" = "$started" ]
}
while alive; do
  [ -e $dir/state.json ] || exit
  read -rt 1 -u $never
done
[ ! -e $dir/kept ] || exit
for round in {1..100}; do
  pids=$(find "$@" -name cgroup.procs -exec cat {} + 2>/dev/null | sort -u | grep -vx -e $$ -e 0) || exit
  kill -KILL $pids 2>/dev/null
  read -rt 0.05 -u $never
done`;
