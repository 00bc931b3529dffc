import { inUserNamespace } from '../../host/own-root.ts';
import { quote } from '../../host/root-script.ts';
import { untilMakerDies } from '../../host/watch-maker.ts';
import type { CreatePlan } from '../machines/create-script.ts';
import { clusterNames } from '../names.ts';

/** What lies in the folder of a cluster that was made without root. */
export const namespaceFiles = (id: string) => {
  const { directory } = clusterNames(id);
  return {
    /** The process id of the holder. */
    pid: `${directory}/pid`,
    /** A pipe that the holder has open for as long as it lives. */
    life: `${directory}/life`,
    /** slirp4netns: its API, what it says, and that it is ready. */
    api: `${directory}/slirp.sock`,
    log: `${directory}/namespace.log`,
    ready: `${directory}/ready`,
  };
};

/** An argument of the holder's by which it is found from the cluster's id alone. */
export const holderMark = (id: string): string => `shakedown-vms=${clusterNames(id).directory}`;

/**
 * The first process of the cluster's namespaces: when it ends the kernel ends all others there, and with their network
 * goes all that is in it (pid_namespaces(7)). It ends with the maker of the cluster unless that is kept, and when the
 * cluster is destroyed. Its own process id it reads where the main host's are told.
 */
export const holder = (files: ReturnType<typeof namespaceFiles>): string => `
exec 4<>${files.life}
read -r self rest < /proc/self/stat
echo $self > ${files.pid}.new; mv ${files.pid}.new ${files.pid}
${untilMakerDies}
[ -e $dir/kept ] || exit
while [ -e $dir/state.json ]; do pause 2; done`;

/**
 * The script that makes namespaces for a cluster of a user who cannot be root, with a network of its own whose way out
 * is slirp4netns(1), a process of the user's: it is the gateway of the subnet `net`, and its resolver. The folder
 * with the state is there before.
 */
export function namespaceScript({
  cluster,
  state,
  subnets,
}: Pick<CreatePlan, 'cluster' | 'state' | 'subnets'>): string {
  const { directory } = clusterNames(cluster);
  const files = namespaceFiles(cluster);
  const { pid, startTime } = state.owner;
  const [net] = subnets;
  const unshare = [...inUserNamespace, ...(net ? ['--net'] : []), '--pid', '--fork', '--kill-child'].join(
    ' ',
  );
  return `
dir=${directory}
mkfifo ${files.life}
setsid ${unshare} bash -c ${quote(holder(files))} ${holderMark(cluster)} $dir ${pid} ${startTime ?? 0} </dev/null >${files.log} 2>&1 &
wait_for() {
  local try
  for try in {1..1000}; do
    if [ -s $1 ]; then return; fi
    kill -0 $2 2>/dev/null || break
    sleep 0.01
  done
  cat ${files.log} >&2; die "$3"
}
wait_for ${files.pid} $! 'the namespaces could not be made'
${net ? slirp(net, files) : ''}`;
}

const slirp = (net: string, files: ReturnType<typeof namespaceFiles>) => `
read -r pid < ${files.pid}
setsid slirp4netns --mtu=1500 --cidr=${net}.0/24 --disable-host-loopback --enable-sandbox --enable-seccomp \\
  --api-socket=${files.api} --exit-fd=5 --ready-fd=6 $pid tap0 \\
  5<${files.life} 6>${files.ready} </dev/null >>${files.log} 2>&1 &
wait_for ${files.ready} $! 'slirp4netns could not be started'`;

/**
 * The script that takes away all of a cluster that was made without root, from its id alone: its processes go with the
 * holder, and their network with them.
 */
export function destroyOwnScript(id: string): string {
  const { directory } = clusterNames(id);
  const pattern = `${holderMark(id)}|--api-socket=${namespaceFiles(id).api}|sq${id}-[0-9]+`;
  return `
dir=${directory}
pids=
for round in {1..200}; do
  pids=$(grep -lzxaE ${quote(pattern)} /proc/[0-9]*/cmdline 2>/dev/null | cut -d / -f 3 || :)
  if [ -z "$pids" ]; then break; fi
  kill -KILL $pids 2>/dev/null || :
  sleep 0.05
done
[ -z "$pids" ] || die "these processes do not end:" $pids
rm -rf --one-file-system $dir $dir.new`;
}
