// systemd-nspawn by hand: an overlay over the same tree, a network namespace, a cgroup of its own.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBaseTree } from '../../main/providers/debian/base-tree.ts';
import { hostKeyPair, machineId } from '../../main/providers/host/identity.ts';
import type { Bare } from './bare.ts';
import { bash, buildTree, untilSsh } from './by-hand.ts';
import { answers, ctx } from './ours.ts';

const script = `home=$1 name=$2 net=10.254.77
mkdir -p $home/upper/etc/ssh $home/upper/root/.ssh $home/work $home/root
chmod 700 $home/upper/root $home/upper/root/.ssh
cp $home/host_key $home/upper/etc/ssh/ssh_host_ed25519_key; chmod 600 $home/upper/etc/ssh/ssh_host_ed25519_key
cp $home/authorized_keys $home/upper/root/.ssh/; cp $home/machine-id $home/upper/etc/
mount -t overlay overlay -o lowerdir=$3,upperdir=$home/upper,workdir=$home/work $home/root
ip netns add $name
ip link add $name type veth peer name host0 netns $name
ip addr add $net.1/24 dev $name; ip link set $name up
ip -n $name addr add $net.2/24 dev host0; ip -n $name link set host0 up; ip -n $name link set lo up
groups=$(find /sys/fs/cgroup -maxdepth 2 -name cgroup.procs -printf '%h\\n')
for g in $groups; do
  mkdir -p $g/$name
  if [ -e $g/$name/cpuset.mems ]; then cat $g/cpuset.cpus > $g/$name/cpuset.cpus; cat $g/cpuset.mems > $g/$name/cpuset.mems; fi
done
( for g in $groups; do echo $BASHPID > $g/$name/cgroup.procs; done
  exec setsid systemd-nspawn -q -D $home/root -M $name --register=no --keep-unit -b \\
    --network-namespace-path=/run/netns/$name --capability=CAP_NET_ADMIN --resolv-conf=off --timezone=off \\
    --link-journal=no </dev/null >/dev/null 2>&1 ) &
echo $! > $home/pid; disown`;

const undo = `set +e; home=$1 name=$2
for try in 1 2 3 4 5 6 7 8 9 10; do
  pids=$(find /sys/fs/cgroup -path "*/$name/*" -name cgroup.procs -exec cat {} + 2>/dev/null; cat /sys/fs/cgroup/*/$name/cgroup.procs 2>/dev/null)
  [ -n "$pids" ] || break; kill -9 $pids 2>/dev/null; sleep 0.02
done
umount -l $home/root; ip netns delete $name; ip link delete $name 2>/dev/null
find /sys/fs/cgroup -depth -type d -path "*/$name*" -exec rmdir {} + 2>/dev/null
rm -rf $home/upper $home/work /run/systemd/nspawn/*/$name; true`;

export async function bareNspawn(publicKey: string, keyFile: string): Promise<Bare> {
  const tree = await ensureBaseTree({ os: 'bookworm', packages: [] }, false, ctx);
  const home = mkdtempSync('/var/tmp/bare-nspawn-');
  const name = `bare${process.pid}`;
  const { hostKey, publicHostKey } = hostKeyPair();
  writeFileSync(join(home, 'host_key'), hostKey);
  writeFileSync(join(home, 'authorized_keys'), `${publicKey}\n`, { mode: 0o600 });
  writeFileSync(join(home, 'machine-id'), `${machineId()}\n`);
  const target = {
    host: '10.254.77.2',
    port: 22,
    user: 'root',
    keyFile,
    hostKey: publicHostKey,
  };
  const byHand = `${script}\n${untilSsh(target, home)}\n${undo}\n`;
  return {
    spawn: async () => {
      try {
        bash(script, home, name, tree);
        await answers(target);
      } finally {
        bash(undo, home, name);
      }
    },
    byHand: () => bash(byHand, home, name, tree),
    built: async () => {
      const build = `tree=$3; ${await buildTree()}`;
      return () => bash(`${build}${byHand}rm -rf "$3"`, home, name, join(home, 'tree'));
    },
    end: async () => rmSync(home, { recursive: true, force: true }),
  };
}
