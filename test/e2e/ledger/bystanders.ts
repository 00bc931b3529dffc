import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';

/** Things of somebody else's, some with names that begin as ours do. */
export interface Bystanders extends AsyncDisposable {
  /** All that can be seen of them, as text: the same as long as nobody touches them. */
  look(): Promise<string>;
}

const names = {
  bridges: ['sdother0', 'sqother0', 'skother0', 'bystander0'],
  namespaces: ['sd-other-0', 'bystander'],
  tables: ['shakedown_other', 'bystander'],
  cgroup: 'shakedown-bystander',
  container: 'svother0-n0',
};

/** A container of LXC's with the main host's /usr and one process in it. */
const containerConfig = `lxc.net.0.type = empty
lxc.init.cmd = /bin/sleep 86400
lxc.rootfs.path = dir:/var/lib/lxc/${names.container}/rootfs
lxc.mount.entry = /usr usr none bind,ro 0 0
`;

/**
 * Makes bridges, network namespaces, nft tables, a mount, cgroups, a folder
 * among ours, a container, and processes.
 */
export async function bystanders(): Promise<Bystanders> {
  const directory = mkdtempSync('/var/tmp/bystander-');
  const mount = join(directory, 'mount');
  const among = '/var/lib/shakedown/nspawn/not-a-cluster';
  mkdirSync(mount);
  const script = `
${names.bridges.map((name) => `ip link add ${name} type bridge; ip link set ${name} up`).join('\n')}
${names.namespaces.map((name) => `ip netns add ${name}`).join('\n')}
${names.tables.map((name) => `nft add table ip ${name}; nft add chain ip ${name} c; nft add rule ip ${name} c counter accept`).join('\n')}
c=/var/lib/lxc/${names.container}; mkdir -p $c/rootfs/{dev,proc,sys,usr}
for folder in bin lib lib64; do ln -sfn usr/$folder $c/rootfs/$folder; done
printf '%s' '${containerConfig}' > $c/config; lxc-start -n ${names.container}
mkdir -p ${among}; mount -t tmpfs bystander ${mount}
for g in /sys/fs/cgroup/freezer /sys/fs/cgroup/memory /sys/fs/cgroup; do
  if [ -e $g/cgroup.procs ]; then mkdir -p $g/${names.cgroup}; fi
done`;
  const undo = `for name in ${names.bridges.join(' ')}; do ip link delete $name; done
for name in ${names.namespaces.join(' ')}; do ip netns delete $name; done
for name in ${names.tables.join(' ')}; do nft delete table ip $name; done
lxc-stop -k -n ${names.container}; rm -rf --one-file-system /var/lib/lxc/${names.container}
rmdir ${among} /sys/fs/cgroup/${names.cgroup} /sys/fs/cgroup/*/${names.cgroup}`;
  // What a test that was killed may have left.
  await execa('sh', ['-c', undo], { reject: false });
  await execa('bash', ['-e', '-c', script]);
  // A container of somebody else's is, to us, processes in namespaces of their own.
  const unshare = ['--pid', '--fork', '--kill-child', '--mount', '--net', '--uts', 'sleep', '86400'];
  const processes = [
    execa('unshare', unshare, { reject: false }),
    execa('sleep', ['86400'], { reject: false }),
  ];
  const look = async (): Promise<string> => {
    const seen = `
for name in ${names.bridges.join(' ')}; do ip -o link show $name; done; ls -i /run/netns/${names.namespaces.join(' /run/netns/')}
for name in ${names.tables.join(' ')}; do nft -a list table ip $name; done
lxc-info -s -p -n ${names.container}; grep bystander /proc/self/mounts; ls -d ${among} /sys/fs/cgroup/${names.cgroup} /sys/fs/cgroup/*/${names.cgroup} 2>/dev/null
for pid in ${processes.map(({ pid }) => pid).join(' ')}; do echo $pid $(cut -d' ' -f3,22 /proc/$pid/stat); done`;
    return (await execa('sh', ['-c', seen], { reject: false, all: true })).all;
  };
  return {
    look,
    [Symbol.asyncDispose]: async () => {
      for (const one of processes) one.kill('SIGKILL');
      await Promise.all(processes);
      await execa('sh', ['-c', `umount ${mount}; ${undo}`], { reject: false });
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
