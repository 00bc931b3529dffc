import { cgroupFunctions, killGroups } from '../host/cgroup-script.ts';
import { diskFunctions } from './disk-script.ts';
import { clusterNames } from './names.ts';
import { bootFunction } from './start-script.ts';

/** Seconds that a node has to shut down in before it is told that it hangs. */
const shutdownLimit = 90;

/**
 * The head of every script for one machine that exists. It is in the cluster's own cgroups, so that destroying that
 * ends the script too, and one at a time for each node.
 */
function machineScript(id: string, node: number, body: string): string {
  const { directory, cgroup } = clusterNames(id);
  return `
id=${id} node=${node} dir=${directory} home=${directory}/${node} tree=${directory}/${node}/tree
node_group=${cgroup}/${node}
[ -d $home/root ] || die "there is no node $node in nspawn cluster $id"
exec 6>>$home/lock; flock 6
${cgroupFunctions}
join_group ${cgroup}/make
is_on() { [ -n "$(cat "\${groups[@]/%//$node_group/keeper/cgroup.procs}" 2>/dev/null)" ]; }
${body}
`;
}

/**
 * Asks the container's systemd to reboot, as `systemctl reboot` in it would (systemd(1), SIGRTMIN+5), and waits until it
 * has gone down. Its first process is the one that has the id 1 in a namespace right below ours.
 */
export const rebootScript = (id: string, node: number): string =>
  machineScript(
    id,
    node,
    `
is_on || die "node $node is off"
init=
for pid in $(find "\${groups[@]/%//$node_group/run}" -name cgroup.procs -exec cat {} + 2>/dev/null | sort -nu); do
  if awk '/^NSpid:/ { exit !(NF == 3 && $3 == 1) }' /proc/$pid/status 2>/dev/null; then init=$pid; break; fi
done
[ -n "$init" ] || die "node $node is between two boots"
kill -s RTMIN+5 $init
for try in {1..${shutdownLimit * 20}}; do
  [ -e /proc/$init ] || exit 0
  sleep 0.05
done
die "node $node has not gone down within ${shutdownLimit} s; is it frozen, or waiting for a service to stop?"`,
  );

/** Ends all processes of the node at once. */
const cutPower = `
failed=
fail() { echo "$*" >&2; failed=1; }
cut_power() {
  local cgroup=$node_group groups freezer g
  ${killGroups}
  [ -z "$failed" ] || exit 1
  ip link set sd\${id}v$node down
  for g in "\${groups[@]}"; do find $g -mindepth 1 -depth -type d -exec rmdir {} + 2>/dev/null || :; done
  rm -f /run/systemd/nspawn/locks/inode-$(stat -c %d:%i $home/root)
  for mount in /run/systemd/nspawn/*/sd-$id-$node; do
    if mountpoint -q $mount; then umount -l $mount; fi
    rm -rf --one-file-system $mount
  done
}`;

export const powerOffScript = (id: string, node: number): string =>
  machineScript(id, node, `${cutPower}\ncut_power`);

export const powerOnScript = (id: string, node: number): string =>
  machineScript(id, node, `${cutPower}${bootFunction}\nis_on || { cut_power; boot_node; }`);

/** Holds the node still, as it is, unless it is held already. */
const freezing = `
held=
hold() {
  local v1=/sys/fs/cgroup/freezer/$node_group/freezer.state v2=/sys/fs/cgroup/$node_group/cgroup try
  if [ -e $v1 ]; then
    if [ "$(<$v1)" != THAWED ]; then return; fi
    held=$v1; echo FROZEN > $v1
    for try in {1..250}; do [ "$(<$v1)" != FROZEN ] || return 0; echo FROZEN > $v1; sleep 0.02; done
  elif [ -e $v2.freeze ]; then
    if [ "$(<$v2.freeze)" = 1 ]; then return; fi
    held=$v2.freeze; echo 1 > $held
    for try in {1..250}; do ! grep -qx 'frozen 1' $v2.events || return 0; sleep 0.02; done
  else
    return 0
  fi
  let_go; die "node $node could not be held still"
}
let_go() { case $held in *.state) echo THAWED > $held ;; *.freeze) echo 0 > $held ;; esac; }`;

/** Copies what the node has written while it is held still; `held` in its folder tells a later script that it was. */
export const snapshotScript = (id: string, node: number, name: string): string =>
  machineScript(
    id,
    node,
    `${freezing}
new=$home/snapshots/${name}.new
mkdir -p $home/snapshots; rm -rf --one-file-system $new
hold
[ -z "$held" ] || echo $held > $home/held
copied=1; cp -a --sparse=always --reflink=auto $home/disk/upper $new || copied=
let_go; rm -f $home/held
[ -n "$copied" ] || { rm -rf --one-file-system $new; die "the snapshot could not be written"; }
rm -rf --one-file-system $home/snapshots/${name}
mv -T $new $home/snapshots/${name}`,
  );

/** Lets a node go that a snapshot held when it was broken off. */
export const letGoScript = (id: string, node: number): string =>
  machineScript(
    id,
    node,
    `${freezing}
if [ -e $home/held ]; then held=$(<$home/held); let_go; rm -f $home/held; fi`,
  );

/** Cuts the power, puts back what the node had written then, and starts it. */
export const restoreScript = (id: string, node: number, name: string): string =>
  machineScript(
    id,
    node,
    `${cutPower}${diskFunctions}${bootFunction}
saved=$home/snapshots/${name}
[ -d $saved ] || { known=($home/snapshots/*); die "node $node has no snapshot '${name}'; it has: \${known[*]##*/}"; }
cut_power
if mountpoint -q $home/root; then umount $home/root || umount -l $home/root; fi
rm -rf --one-file-system $home/disk/upper $home/disk/work
cp -a --sparse=always --reflink=auto $saved $home/disk/upper
mkdir $home/disk/work
mount_root
boot_node`,
  );
