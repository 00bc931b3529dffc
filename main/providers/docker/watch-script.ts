import type { ProcessIdentity } from '../../../common/process-identity.ts';
import { quote } from '../host/root-script.ts';
import { untilMakerDies } from '../host/watch-maker.ts';
import type { Engine } from './engine.ts';
import { clusterLabel, clusterNames } from './names.ts';

/**
 * Starts a watch over the cluster of `$dir` that ends its containers when the process that made them has died, unless
 * they were kept by then; what is left of them is for `reap`. It starts no processes while it waits, and ends when the
 * cluster is destroyed.
 */
export function watchScript(cluster: string, engine: Engine, { pid, startTime }: ProcessIdentity): string {
  const { keptMark } = clusterNames(cluster);
  const force = engine.kind === 'podman' ? '-f -v -t 0' : '-f -v';
  const end = `
engine volume inspect ${keptMark} >/dev/null && exit
for round in 1 2 3; do
  names=$(engine ps -aq --filter label=${clusterLabel}=${cluster})
  [ -n "$names" ] || exit
  engine rm ${force} $names
done`;
  return `
setsid bash -c "$(declare -f engine)"${quote(untilMakerDies)}${quote(end)} watch "$dir" ${pid} ${startTime ?? 0} </dev/null >/dev/null 2>&1 9>&- &
echo $! > "$dir/watch"`;
}

/** Ends the watch and removes the cluster's folder, with all else gone. */
export function removeFolder(cluster: string): string {
  const directory = quote(clusterNames(cluster).directory);
  return `
dir=${directory}
if [ -e "$dir/watch" ]; then
  watch=$(<"$dir/watch")
  if grep -qaF "$dir" "/proc/\${watch:-0}/cmdline" 2>/dev/null; then kill -KILL "$watch" || :; fi
fi
rm -rf "$dir" "$dir.new"`;
}
