import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Cluster } from '../../../main/providers/provider.ts';
import { connectSsh } from '../../../main/remotes/ssh-remote.ts';
import { newClusterId } from '../../../main/run/machines/make-machines.ts';
import { ctx, make, provider, remains } from '../nspawn-cluster.ts';

/** Two nodes that are as different as one cluster allows: their systems, and what they are held to. */
const nodes = [
  { os: 'debian-12', disk: '96M' },
  { os: 'trixie', memory: '192M', cpus: 0.5, pids: 64 },
];
const id = newClusterId();
let cluster: Cluster;

beforeAll(async () => {
  cluster = await make(2, { nodes }, { cluster: id });
});
afterAll(async () => {
  await provider.destroy({ id }, ctx);
  expect(await remains([id])).toEqual([]);
});

/** Over a connection of its own, since nodes go down here; stdout and stderr. */
async function on(node: number, command: string): Promise<string> {
  const ssh = cluster.machines[node]?.ssh;
  if (!ssh) throw new Error(`there is no node ${node}`);
  await using remote = await connectSsh(ssh, { signal: ctx.signal, timeout: 200 });
  const { stdout, stderr } = await remote.exec(command);
  return `${stdout}${stderr}`.trim();
}

const which = (machine: number) => ({ cluster: { id }, machine });
const bootId = (node: number) => on(node, 'cat /proc/sys/kernel/random/boot_id');

describe('nodes of one cluster', () => {
  test('have each the operating system that they were given, and know one another', async () => {
    const look = 'sed -n "s/^VERSION_CODENAME=//p" /etc/os-release; systemctl is-system-running --wait';
    expect(await on(0, `${look}; ping -c1 -W20 n1 | grep -c ' 0% packet loss'`)).toBe('bookworm\nrunning\n1');
    expect(await on(1, `${look}; ping -c1 -W20 n0 | grep -c ' 0% packet loss'`)).toBe('trixie\nrunning\n1');
  });

  test('are held each to its own disk', async () => {
    const fill = 'dd if=/dev/zero of=/root/big bs=1M count=150; stat -c %s /root/big; rm -f /root/big';
    const full = await on(0, fill);
    expect(full).toContain('No space left on device');
    const [, written = ''] = /^(\d+)$/m.exec(full) ?? [];
    expect(Number(written)).toBeGreaterThan(64 * 1024 ** 2);
    expect(Number(written)).toBeLessThan(96 * 1024 ** 2);
    expect(await on(1, fill)).toContain(String(150 * 1024 ** 2));
  });

  test('are held each to its own memory, cores and processes', async () => {
    const eat = 'head -c 300M /dev/zero | tail -c 250M | wc -c; true';
    expect(await on(0, eat)).toBe('262144000');
    expect(await on(1, eat)).not.toContain('262144000');
    // dash gives up at once where bash tries for a while.
    const fork = "dash -c 'for i in $(seq 120); do sleep 1 >/dev/null 2>&1 & done; echo all'; true";
    expect(await on(0, fork)).toBe('all');
    expect(await on(1, fork)).toContain('fork');
    await on(1, 'timeout 1 sh -c "while :; do :; done"; true');
    const groups = [`/sys/fs/cgroup/cpu/shakedown/${id}`, `/sys/fs/cgroup/shakedown/${id}`];
    const group = groups.find((each) => existsSync(`${each}/1/cpu.stat`));
    const throttled = [0, 1].map((node) => {
      const [, times = ''] =
        /^nr_throttled (\d+)/m.exec(readFileSync(`${group}/${node}/cpu.stat`, 'utf8')) ?? [];
      return Number(times);
    });
    expect(throttled).toEqual([0, expect.toSatisfy((times: number) => times > 0)]);
  });
});

describe('a node', () => {
  test('is rebooted: its files are there, it is another boot, and its limits hold', async () => {
    const before = await bootId(0);
    await on(0, 'echo kept > /root/file; sync');
    await provider.reboot(which(0), ctx);
    expect(await on(0, 'cat /root/file; df --output=size -BM / | tail -n 1')).toMatch(/^kept\n\s*[89]\dM$/);
    expect(await bootId(0)).not.toBe(before);
  });

  test('may reboot by itself, as a package may want it', async () => {
    const before = await bootId(1);
    await on(1, 'systemctl reboot').catch(() => undefined);
    const now = () => bootId(1).catch(() => before);
    await expect.poll(now, { timeout: 60_000, interval: 500 }).not.toBe(before);
    const ping = "ping -c1 -W20 n0 | grep -c ' 0% packet loss'";
    expect(await on(1, `${ping}; systemctl is-system-running --wait`)).toBe('1\nrunning');
  });

  test('loses its power and gets it back, while the others go on', async () => {
    const before = await bootId(1);
    await provider.powerOff(which(1), ctx);
    const processes = (await remains([id])).filter((line) => line.startsWith('systemd-nspawn'));
    expect(processes).toHaveLength(1);
    expect(await on(0, 'ping -c1 -W1 n1 >/dev/null || echo n1 is off')).toBe('n1 is off');
    await provider.powerOff(which(1), ctx);
    await expect(provider.reboot(which(1), ctx)).rejects.toThrow('node 1 is off');
    await provider.powerOn(which(1), ctx);
    const after = await bootId(1);
    expect(after).not.toBe(before);
    await provider.powerOn(which(1), ctx);
    expect(await bootId(1)).toBe(after);
  });

  test('has nothing of its network left after its power was cut, and is reached again at once', async () => {
    const [spare] = cluster.machines[1]?.spareAddresses ?? [];
    const hardware = () => on(1, 'cat /sys/class/net/host0/address');
    const look = `ip -br link | cut -d@ -f1 | cut -d' ' -f1; ip -4 -o addr show dev host0 | wc -l
ip route | grep -c 192.0.2; nft list ruleset | wc -l; cat /proc/sys/net/ipv4/ip_nonlocal_bind`;
    const fresh = await on(1, look);
    const before = await hardware();
    const mine = `ip addr add ${spare}/24 dev host0; ip link add mine type bridge; ip link set mine up
ip route add 192.0.2.0/24 dev mine; nft add table ip mine; sysctl -qw net.ipv4.ip_nonlocal_bind=1; echo done`;
    expect(await on(1, mine)).toBe('done');
    const answers = `ping -c1 -W20 ${spare} >/dev/null && echo yes || echo no`;
    expect(await on(0, answers)).toBe('yes');
    await provider.powerOff(which(1), ctx);
    await provider.powerOn(which(1), ctx);
    expect(await on(1, look)).toBe(fresh);
    expect(await hardware()).toBe(before);
    expect(await on(0, answers.replace('-W5', '-W1'))).toBe('no');
    expect(await on(0, "ping -c1 -W20 n1 | grep -c ' 0% packet loss'")).toBe('1');
    await on(1, mine);
    await provider.reboot(which(1), ctx);
    expect(await on(1, look)).toBe(fresh);
  });

  test('sets its own network up as it likes, without touching the main host, and has /dev/fuse', async () => {
    const file = '/proc/sys/net/ipv4/ip_nonlocal_bind';
    const here = readFileSync(file, 'utf8').trim();
    const set = `echo 1 > ${file}; cat ${file}; exec 3<>/dev/fuse && echo fuse opens`;
    const ours = 'echo 0 > /proc/sys/kernel/sysrq || echo not ours';
    for (const node of [0, 1]) {
      expect(await on(node, `bash -c '${set}' 2>&1`)).toBe('1\nfuse opens');
      expect(await on(node, `sh -c '${ours}' 2>/dev/null`)).toBe('not ours');
    }
    expect(readFileSync(file, 'utf8').trim()).toBe(here);
    await provider.powerOff(which(1), ctx);
    await provider.powerOn(which(1), ctx);
    expect(await on(1, `cat ${file}; bash -c 'exec 3<>/dev/fuse && echo fuse opens'`)).toBe('0\nfuse opens');
  });

  test('goes back to a snapshot: what came since is gone, what was removed is there, and it boots anew', async () => {
    const write = 'echo one > /root/file; mkdir -p /opt/there; rm -rf /usr/share/common-licenses; echo ok';
    for (const node of [0, 1]) expect(await on(node, write)).toBe('ok');
    for (const node of [0, 1]) await provider.snapshot({ ...which(node), name: 'before' }, ctx);
    const before = await bootId(0);
    for (const node of [0, 1]) await on(node, 'echo two > /root/file; rmdir /opt/there; touch /root/new');
    expect(await bootId(0), 'a snapshot ends nothing').toBe(before);
    for (const node of [0, 1]) await provider.restore({ ...which(node), name: 'before' }, ctx);
    const look =
      'cat /root/file; ls /root; ls -d /opt/there; [ -e /usr/share/common-licenses ] || echo not back';
    for (const node of [0, 1]) expect(await on(node, look)).toBe('one\nfile\n/opt/there\nnot back');
    expect(await bootId(0)).not.toBe(before);
    expect(await on(0, 'df --output=size -BM / | tail -n 1')).toMatch(/[89]\dM$/);
    const unknown = provider.restore({ ...which(0), name: 'nosuch' }, ctx);
    await expect(unknown).rejects.toThrow("node 0 has no snapshot 'nosuch'; it has: before");
  });

  test('is let go when its snapshot is broken off, and has none then', async () => {
    await on(1, 'head -c 500M /dev/urandom > /root/much');
    const controller = new AbortController();
    const taken = provider.snapshot({ ...which(1), name: 'broken' }, { ...ctx, signal: controller.signal });
    const outcome = expect(taken).rejects.toThrow('enough');
    const home = `/var/lib/shakedown/nspawn/${id}/1`;
    await expect.poll(() => existsSync(`${home}/held`), { interval: 1 }).toBe(true);
    controller.abort(new Error('enough'));
    await outcome;
    expect(await on(1, 'rm /root/much; echo goes on')).toBe('goes on');
    expect(existsSync(`${home}/snapshots/broken`)).toBe(false);
  });

  test('that there is not is told', async () => {
    await expect(provider.reboot(which(7), ctx)).rejects.toThrow(`no node 7 in nspawn cluster ${id}`);
    await expect(provider.powerOn({ cluster: { id: 'fedcba' }, machine: 0 }, ctx)).rejects.toThrow(
      'no node 0',
    );
  });
});

test('the trees that nodes lie over are in use, and cannot be removed', async () => {
  const used = (await provider.images(ctx)).filter(({ inUse }) => inUse);
  // Others may use other trees of the same system meanwhile.
  const ours = basename(readlinkSync(`/var/lib/shakedown/nspawn/${id}/tree1`)).replace(/\..*/, '');
  const trixie = used.find((image) => image.id === ours);
  expect(trixie?.description).toBe('debian 13 trixie');
  expect(used.map(({ description }) => description)).toContain('debian 12 bookworm');
  expect(trixie?.bytes).toBeGreaterThan(100 * 1024 ** 2);
  expect(Date.now() - (trixie?.lastUsed ?? 0)).toBeLessThan(3_600_000);
  await expect(provider.removeImage(trixie?.id ?? '', ctx)).rejects.toThrow('is in use');
  await expect(provider.removeImage('../../etc', ctx)).rejects.toThrow("no image '../../etc'");
});
