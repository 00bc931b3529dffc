import { mkdtempSync, readdirSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { agentShares } from '../../../main/agent/agent-shares.ts';
import { ensureBaseTree } from '../../../main/providers/debian/base-tree.ts';
import { loginForNewMachines } from '../../../main/providers/login-for-new-machines.ts';
import type { Cluster } from '../../../main/providers/provider.ts';
import { rememberedAnswer, whyNoKvm } from '../../../main/providers/qemu/accelerator.ts';
import { QemuProvider } from '../../../main/providers/qemu/qemu-provider.ts';
import { connectSsh } from '../../../main/remotes/ssh-remote.ts';
import { newClusterId } from '../../../main/run/machines/make-machines.ts';
import { runContext } from '../../fakes/run-context.ts';
import { rounds } from '../../rounds.ts';
import { leftovers } from '../harness.ts';

const provider = new QemuProvider();
const ctx = runContext();

async function make(
  id: string,
  count: number,
  options: object = {},
  { user, cacheDir = ctx.cacheDir }: { user?: string; cacheDir?: string } = {},
): Promise<Cluster> {
  const login = await loginForNewMachines(user === undefined ? {} : { user }, ctx.cacheDir);
  const machines = Array.from({ length: count }, (_, each) => ({ id: each, name: `n${each}` }));
  const shares = await agentShares(ctx.cacheDir);
  return provider.create(
    { cluster: id, machines, options: { count, ...options }, login, shares },
    { ...ctx, cacheDir },
  );
}

/** Over a connection of its own, since machines go down here; machines may be emulated, on a busy host. */
async function on(cluster: Cluster, machine: number, command: string): Promise<string> {
  const ssh = cluster.machines[machine]?.ssh;
  if (!ssh) throw new Error(`there is no machine ${machine}`);
  await using remote = await connectSsh(ssh, { signal: ctx.signal, timeout: 200 });
  const { stdout, stderr } = await remote.exec(command);
  return `${stdout}${stderr}`.trim();
}

/** All of a cluster that this host still has. */
async function remains(id: string): Promise<readonly string[]> {
  const { stdout } = await execa('sh', ['-c', 'nft list ruleset; ls /var/lib/shakedown/qemu']);
  return [...(await leftovers([id])), ...stdout.split('\n').filter((line) => line.includes(id))];
}

const id = newClusterId();
let cluster: Cluster;

beforeAll(async () => {
  cluster = await make(id, 2, {}, { user: 'joe' });
}, 600_000);
afterAll(async () => {
  await provider.destroy({ id }, ctx);
  await provider.destroy({ id }, ctx);
  expect(await remains(id)).toEqual([]);
});

describe('a cluster of virtual machines', () => {
  test('answers with the host keys that were made for it, by the names that it was given', async () => {
    const look = 'hostname; cut -d" " -f1,2 /etc/ssh/ssh_host_ed25519_key.pub; whoami; sudo whoami';
    for (const machine of [0, 1]) {
      const key = cluster.machines[machine]?.ssh.hostKey;
      expect(await on(cluster, machine, look)).toBe(`n${machine}\n${key}\njoe\nroot`);
    }
  });

  test('whose machines are clones of one has machines of their own', async () => {
    const look = 'cat /etc/machine-id /proc/sys/kernel/random/boot_id /proc/sys/kernel/random/uuid';
    const [first = '', second = ''] = await Promise.all([0, 1].map((machine) => on(cluster, machine, look)));
    const lines = [...first.split('\n'), ...second.split('\n')];
    expect(new Set(lines).size).toBe(6);
    const [before, now] = [Date.now(), await on(cluster, 0, 'date +%s%3N')];
    expect(Number(now)).toBeGreaterThan(before - 5000);
    expect(Number(now)).toBeLessThan(Date.now() + 5000);
  });

  test('has a kernel of its own, and a journal that tells of this machine', async () => {
    const kernel = await on(cluster, 0, 'uname -r; sudo journalctl --no-pager -n 1 -o export');
    expect(kernel).toMatch(/^\S+-cloud-amd64\n/);
    expect(kernel).toContain(`_MACHINE_ID=${await on(cluster, 0, 'cat /etc/machine-id')}`);
  });

  test('knows its other members by name, and reaches Debian’s mirror', async () => {
    expect(await on(cluster, 0, "ping -c1 -W20 n1 | grep -c ' 0% packet loss'")).toBe('1');
    const install = 'sudo apt-get install -y -qq --no-install-recommends hello >/dev/null 2>&1; hello';
    expect(await on(cluster, 1, install)).toBe('Hello, world!');
  });

  test('sees what is shared with it, and cannot change it', async () => {
    expect(await on(cluster, 1, '/var/cache/shakedown/node-*/node --version')).toMatch(/^v24/);
    const write =
      'sudo sh -c "echo x >> /var/cache/shakedown/agent-*.cjs; rm -f /var/cache/shakedown/agent-*"';
    expect(await on(cluster, 1, write)).toMatch(/Read-only file system|Device or resource busy/);
  });

  test('is listed with its images, which cannot be removed from under it', async () => {
    expect(await provider.list(ctx)).toContainEqual({ id, ownerAlive: true, kept: false });
    const used = (await provider.images(ctx)).filter(({ inUse }) => inUse);
    expect(used.map((image) => image.id.replace(/\/.*/, ''))).toEqual(
      expect.arrayContaining(['images', 'templates', 'shares']),
    );
    // Others may use, and give up, other images meanwhile.
    const link = readlinkSync(`/var/lib/shakedown/qemu/${id}/image-0`);
    const ours = used.find((image) => link.startsWith(`${ctx.cacheDir}/qemu/${image.id}`));
    await expect(provider.removeImage(ours?.id ?? '', ctx)).rejects.toThrow('is in use');
  });
});

describe('a machine', () => {
  const which = { cluster: { id }, machine: 1 };

  test('goes back to what it was: disk, memory, and what ran in it; only the time goes on', async () => {
    await on(cluster, 1, 'echo before > state; sync; nohup sleep 4321 >/dev/null 2>&1 &');
    await provider.snapshot({ ...which, name: 'one' }, ctx);
    await on(cluster, 1, 'echo after > state; sync; pkill -f "sleep 4321"');
    await provider.restore({ ...which, name: 'one' }, ctx);
    expect(await on(cluster, 1, 'cat state; pgrep -c -x sleep')).toBe('before\n1');
    expect(Number(await on(cluster, 1, 'date +%s%3N'))).toBeGreaterThan(Date.now() - 60_000);
    await expect(provider.restore({ ...which, name: 'nosuch' }, ctx)).rejects.toThrow(
      "there is no snapshot 'nosuch'",
    );
  });

  test('that loses its power loses what it had not written, and comes up as itself', async () => {
    const boot = await on(cluster, 1, 'sync; echo lost > lost; cat /proc/sys/kernel/random/boot_id');
    await provider.powerOff(which, ctx);
    await expect(provider.snapshot({ ...which, name: 'two' }, ctx)).rejects.toThrow('is off');
    await provider.powerOn(which, ctx);
    const look = 'hostname; cat lost 2>/dev/null; cat state; cat /proc/sys/kernel/random/boot_id';
    const [name, state, again] = (await on(cluster, 1, look)).split('\n');
    expect([name, state]).toEqual(['n1', 'before']);
    expect(again).not.toBe(boot);
    expect(await on(cluster, 0, "ping -c1 -W20 n1 | grep -c ' 0% packet loss'")).toBe('1');
  });
});

/** Another process that makes a cluster of one machine and stays. */
function runMaker(made: string) {
  const script = `
    import { QemuProvider } from '${import.meta.dirname}/../../../main/providers/qemu/qemu-provider.ts';
    const nothing = async () => undefined;
    const ctx = { signal: new AbortController().signal, emit() {}, log() {}, clock: Date.now, cacheDir: '${ctx.cacheDir}', ledger: { record: nothing, remove: nothing } };
    console.log('making');
    await new QemuProvider().create({ cluster: process.argv[1], machines: [{ id: 0, name: 'n0' }], options: { count: 1 }, login: { publicKey: 'ssh-ed25519 x' }, shares: [] }, ctx);
    console.log('made');
    setInterval(() => {}, 1000);`;
  const args = ['--input-type=module-typescript', '-e', script, made];
  const maker = execa(process.execPath, args, { reject: false, stdin: 'ignore' });
  let said = '';
  maker.stdout.on('data', (text) => {
    said += text;
  });
  return {
    said: () => said,
    kill: async () => {
      maker.kill('SIGKILL');
      await maker;
    },
  };
}

const running = async (made: string): Promise<number> =>
  (await leftovers([made])).filter((line) => line.startsWith('qemu-system')).length;

describe('a maker that is killed', () => {
  test('at any moment leaves nothing that its id does not find', async () => {
    const moments = rounds(2, 6);
    for (let round = 0; round < moments; round++) {
      const moment = 200 + ((round + Math.random()) / moments) * 2000;
      const made = newClusterId();
      onTestFinished(() => provider.destroy({ id: made }, ctx));
      const maker = runMaker(made);
      await expect.poll(maker.said, { interval: 5, timeout: 60_000 }).toContain('making');
      await new Promise((resolve) => setTimeout(resolve, moment));
      await maker.kill();
      await provider.destroy({ id: made }, ctx);
      expect(await remains(made), `after ${moment} ms`).toEqual([]);
    }
    expect(await provider.list(ctx)).toContainEqual({ id, ownerAlive: true, kept: false });
    expect(await on(cluster, 0, 'echo alive')).toBe('alive');
  });

  test('takes its machines with it, unless they are kept', async () => {
    const [kept, lost] = [newClusterId(), newClusterId()];
    onTestFinished(async () => {
      await provider.destroy({ id: kept }, ctx);
      await provider.destroy({ id: lost }, ctx);
    });
    const makers = [kept, lost].map(runMaker);
    for (const maker of makers) await expect.poll(maker.said, { timeout: 200_000 }).toContain('made');
    await provider.keep({ id: kept });
    for (const maker of makers) await maker.kill();
    await expect.poll(() => running(lost), { timeout: 60_000 }).toBe(0);
    expect(await running(kept)).toBe(1);
    const listed = await provider.list(ctx);
    expect(listed).toContainEqual({ id: kept, ownerAlive: false, kept: true });
    expect(listed).toContainEqual({ id: lost, ownerAlive: false, kept: false });
  });
});

test('KVM that is asked for is used where a trial boot has shown that it works, and else refused with the reason', async () => {
  const made = newClusterId();
  onTestFinished(() => provider.destroy({ id: made }, ctx));
  const making = make(made, 1, { accelerator: 'kvm', memory: '256M', start: 'cold' });
  const why = await whyNoKvm();
  const answer = why === undefined ? await rememberedAnswer(ctx.cacheDir) : { works: false, reason: why };
  if (answer?.works) {
    expect(await on(await making, 0, 'systemd-detect-virt')).toBe('kvm');
  } else {
    const reason = answer?.reason ?? expect.fail('no trial boot was made');
    await expect(making).rejects.toThrow(`KVM does not work on this main host: ${reason}`);
  }
});

/** A cache folder with the Debian tree in it, on a disk of its own that then has `free` MiB. */
async function fullCache(free: number): Promise<string> {
  const settings = { os: 'bookworm', packages: [], mirror: undefined };
  const tree = await ensureBaseTree(settings, false, ctx);
  const cache = mkdtempSync(join(tmpdir(), 'small-'));
  onTestFinished(async () => void (await execa('umount', ['--lazy', cache])));
  const script = `mount -t tmpfs -o "size=$(($(du -sm "$1/" | cut -f 1) + $3))m" none "$2"
    mkdir "$2/trees"; cp -a "$1" "$(readlink -f "$1")" "$2/trees/"`;
  await execa('bash', ['-ec', script, 'bash', tree, cache, String(free)]);
  return cache;
}

test('an image that there is no disk space for is told with the place, and no part of it stays', async () => {
  const cacheDir = await fullCache(60);
  const made = newClusterId();
  onTestFinished(() => provider.destroy({ id: made }, ctx));
  await expect(make(made, 1, {}, { cacheDir })).rejects.toMatchObject({
    details: {
      message: `there is no space for the bookworm image in ${cacheDir}`,
      hint: expect.stringContaining('make room for two gigabytes there'),
    },
  });
  const left = readdirSync(join(cacheDir, 'qemu/images'));
  expect(left.filter((name) => !name.endsWith('.lock'))).toEqual([]);
});

describe('what cannot be made', () => {
  test.each([
    [{ image: '/nonexistent/debian.qcow2' }, 'There is no image /nonexistent/debian.qcow2'],
    [{ image: import.meta.filename }, 'is no disk image'],
    [{ image: 'http://127.0.0.1:9/debian.qcow2' }, 'could not be downloaded'],
    [{ os: 'nosuch' }, 'nosuch'],
    [{ memory: '100T' }, 'there is no memory for a virtual machine'],
    [{ cpuModel: 'nosuch', start: 'cold' }, "QEMU knows no processor 'nosuch'"],
  ])('is told: %j', async (options, message) => {
    const made = newClusterId();
    onTestFinished(() => provider.destroy({ id: made }, ctx));
    await expect(make(made, 1, options)).rejects.toThrow(message);
  });
});
