import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loginForNewMachines } from '../../main/cluster-key.ts';
import type { RunContext } from '../../main/context.ts';
import { newClusterId } from '../../main/phases/machines.ts';
import { NspawnProvider } from '../../main/providers/nspawn/nspawn-provider.ts';
import type { Cluster } from '../../main/providers/provider.ts';
import type { Remote } from '../../main/remotes/remote.ts';
import { connectSsh } from '../../main/remotes/ssh-remote.ts';
import { leftovers } from './harness.ts';

const provider = new NspawnProvider();
const ctx: RunContext = {
  signal: AbortSignal.timeout(280_000),
  emit: () => undefined,
  log: () => undefined,
  clock: Date.now,
  cacheDir: '/var/cache/shakedown',
  ledger: { record: async () => undefined, settle: async () => undefined },
};

async function make(count: number, options: object = {}, user?: string): Promise<Cluster> {
  const login = await loginForNewMachines(user === undefined ? {} : { user }, ctx.cacheDir);
  const machines = Array.from({ length: count }, (_, id) => ({ id, name: `n${id}` }));
  const spec = { cluster: newClusterId(), machines, options: { count, ...options }, login, shares: [] };
  return provider.create(spec, ctx);
}

describe('a cluster of nspawn containers', () => {
  let cluster: Cluster;
  let remotes: Remote[];
  beforeAll(async () => {
    cluster = await make(3, { memory: '256M', pids: 200 });
    remotes = await Promise.all(
      cluster.machines.map(({ ssh }) => connectSsh(ssh, { signal: ctx.signal, timeout: 30 })),
    );
  });
  afterAll(async () => {
    await Promise.all(remotes.map((remote) => remote[Symbol.asyncDispose]()));
    await provider.destroy(cluster, ctx);
    await provider.destroy(cluster, ctx);
    expect(await leftovers([cluster.id])).toEqual([]);
  });
  const on = async (node: number, command: string) => (await remotes[node]?.exec(command))?.stdout.trim();

  test('answers with the host keys that were made for it, by the names that it was given', async () => {
    for (const node of [0, 1, 2]) {
      expect(await on(node, 'hostname')).toBe(`n${node}`);
      expect(cluster.machines[node]?.ssh.hostKey).toContain(
        await on(node, 'cut -d" " -f1,2 /etc/ssh/ssh_host_ed25519_key.pub'),
      );
    }
  });

  test('sees its other members by name, and the main host', async () => {
    expect(await on(0, 'ping -c1 -W2 n1 >/dev/null && ping -c1 -W2 n2 >/dev/null && echo yes')).toBe('yes');
    expect(await on(0, `ping -c1 -W2 ${cluster.mainAddress} >/dev/null && echo yes`)).toBe('yes');
  });

  test('has a systemd of its own that sees only its own processes', async () => {
    expect(await on(1, 'systemctl is-system-running --wait')).toMatch(/running|degraded/);
    expect(
      await on(
        1,
        "cat $(find /sys/fs/cgroup -path '*/system.slice/ssh.service/cgroup.procs' | head -n 1) | wc -l",
      ),
    ).toMatch(/^[1-9]$/);
    expect(await on(1, 'pgrep -c systemd-journal')).toBe('1');
  });

  test('is held to its limits', async () => {
    const greedy = await on(2, 'head -c 600M /dev/zero | tail -c 500M | wc -c; true');
    expect(greedy).not.toContain('524288000');
    expect(
      await on(2, 'for i in $(seq 300); do sleep 3 & done 2>&1 | grep -c -i "resource\\|fork"'),
    ).not.toBe('0');
  });

  test('reaches Debian’s mirror, and has package lists already', async () => {
    expect(await on(0, 'apt-get install -y -qq --no-install-recommends hello >/dev/null 2>&1; hello')).toBe(
      'Hello, world!',
    );
  });

  test('lets another cluster be made and destroyed beside it', async () => {
    const other = await make(2);
    expect(other.machines[0]?.address.split('.').slice(0, 3)).not.toEqual(
      cluster.machines[0]?.address.split('.').slice(0, 3),
    );
    expect((await provider.list(ctx)).map(({ id }) => id)).toEqual(
      expect.arrayContaining([cluster.id, other.id]),
    );
    await provider.destroy({ id: other.id }, ctx);
    expect(await leftovers([other.id])).toEqual([]);
    expect(await on(0, 'echo still here')).toBe('still here');
  });
});

test('a login that is not root gets an account with sudo', async () => {
  const cluster = await make(1, {}, 'joe');
  try {
    const [machine] = cluster.machines;
    if (!machine) throw new Error('no machine');
    await using remote = await connectSsh(machine.ssh, { signal: ctx.signal, timeout: 30 });
    expect((await remote.exec('whoami')).stdout.trim()).toBe('joe');
    expect((await remote.exec('whoami', { root: true })).stdout.trim()).toBe('root');
  } finally {
    await provider.destroy(cluster, ctx);
  }
});

test('a maker that is killed at any moment leaves nothing that its id does not find', async () => {
  const bystander = await make(1);
  const script = `
    import { NspawnProvider } from '${import.meta.dirname}/../../main/providers/nspawn/nspawn-provider.ts';
    const nothing = async () => undefined;
    const ctx = { signal: new AbortController().signal, emit() {}, log() {}, clock: Date.now, cacheDir: '/var/cache/shakedown', ledger: { record: nothing, settle: nothing } };
    const machines = [0, 1].map((id) => ({ id, name: 'n' + id }));
    await new NspawnProvider().create({ cluster: process.argv[1], machines, options: { count: 2 }, login: { publicKey: 'x' }, shares: [] }, ctx);
    await new Promise(() => setInterval(() => 0, 1000));`;
  try {
    for (let round = 0; round < 10; round++) {
      const id = newClusterId();
      const maker = execa(process.execPath, ['--input-type=module', '-e', script, id], { reject: false });
      await new Promise((resolve) => setTimeout(resolve, 250 + round * 45));
      maker.kill('SIGKILL');
      await maker;
      await provider.destroy({ id }, ctx);
      // What was under way when it died may have made one thing more; nothing may come after that.
      await provider.destroy({ id }, ctx);
      expect(await leftovers([id])).toEqual([]);
    }
    const alive = await provider.list(ctx);
    expect(alive.find(({ id }) => id === bystander.id)?.ownerAlive).toBe(true);
    expect(await leftovers([bystander.id])).not.toEqual([]);
  } finally {
    await provider.destroy(bystander, ctx);
  }
});
