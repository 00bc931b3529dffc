import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { ensureBaseTree } from '../../../main/providers/debian/base-tree.ts';
import { loginForNewMachines } from '../../../main/providers/login-for-new-machines.ts';
import type { Cluster } from '../../../main/providers/provider.ts';
import type { Remote } from '../../../main/remotes/remote.ts';
import { newClusterId } from '../../../main/run/machines/make-machines.ts';
import { rounds } from '../../rounds.ts';
import { connect, ctx, during, make, provider, remains } from '../nspawn-cluster.ts';

describe('a cluster of nspawn containers', () => {
  let cluster: Cluster;
  let remotes: Remote[];
  beforeAll(async () => {
    const shares = [{ source: import.meta.filename, target: '/mnt/a file.ts' }];
    cluster = await make(3, { memory: '256M', pids: 200, cpus: 1.5 }, { shares });
    remotes = await connect(cluster);
  });
  afterAll(async () => {
    await Promise.all(remotes.map((remote) => remote[Symbol.asyncDispose]()));
    await provider.destroy(cluster, ctx);
    await provider.destroy(cluster, ctx);
    expect(await remains([cluster.id])).toEqual([]);
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

  test('sees its other members by name', async () =>
    expect(await on(0, 'ping -c1 -W20 n1 >/dev/null && ping -c1 -W20 n2 >/dev/null && echo yes')).toBe(
      'yes',
    ));

  test('reaches any port of the main host at its address in the cluster', async () => {
    const server = createServer((socket) => socket.end('hello from the main host\n')).listen(
      0,
      cluster.mainAddress,
    );
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    expect(await on(2, `bash -c 'cat </dev/tcp/${cluster.mainAddress}/${port}'`)).toBe(
      'hello from the main host',
    );
    server.close();
  });

  test('has a systemd of its own that sees only its own processes, and nothing failed', async () => {
    expect(await on(1, 'systemctl is-system-running --wait')).toBe('running');
    expect(
      await on(1, "cat $(find /sys/fs/cgroup -path '*/ssh.service/cgroup.procs' | head -n 1) | wc -l"),
    ).toMatch(/^[1-9]$/);
    expect(await on(1, 'pgrep -c systemd-journal')).toBe('1');
  });

  test('rules its own network', async () =>
    expect(await on(1, 'ip link add dummy0 type dummy; nft add table ip mine && nft list tables')).toContain(
      'mine',
    ));

  test('is held to its limits', async () => {
    expect(await on(2, 'head -c 600M /dev/zero | tail -c 500M | wc -c; true')).not.toContain('524288000');
    const forks = await on(
      2,
      'for i in $(seq 300); do sleep 3 & done 2>&1 | grep -c -i "resource\\|fork"; true',
    );
    expect(Number(forks)).toBeGreaterThan(0);
  });

  test('sees what is shared with it, and cannot change it', async () => {
    expect(await on(0, "grep -c 'sees what is shared' '/mnt/a file.ts'")).not.toBe('0');
    expect(await on(0, "echo x 2>&1 >>'/mnt/a file.ts'")).toContain('Read-only file system');
  });

  test('reaches Debian’s mirror, and has package lists already', async () => {
    expect(await on(0, 'apt-get install -y -qq --no-install-recommends hello >/dev/null 2>&1; hello')).toBe(
      'Hello, world!',
    );
    // What apt had read of them came with the tree: it wrote nothing of the kind.
    const written = `/var/lib/shakedown/nspawn/${cluster.id}/0/disk/upper/var/cache/apt`;
    expect(readdirSync(written)).toContain('archives');
    expect(readdirSync(written)).not.toContain('srcpkgcache.bin');
  });

  test('lets others be made and destroyed beside it, all at once', async () => {
    const others = await Promise.all([make(1), make(2), make(1)]);
    const nets = [cluster, ...others].map(({ mainAddress }) => mainAddress);
    expect(new Set(nets).size).toBe(4);
    const listed = await provider.list(ctx);
    for (const { id } of others) {
      expect(listed).toContainEqual({ id, ownerAlive: true, kept: false });
    }
    await Promise.all(others.map(({ id }) => provider.destroy({ id }, ctx)));
    expect(await remains(others.map(({ id }) => id))).toEqual([]);
    expect(await on(0, 'ping -c1 -W20 n1 >/dev/null && echo still here')).toBe('still here');
  });
});

test('a login that is not root gets an account with sudo, and root may log in too', async () => {
  const cluster = await during(1, {}, { user: 'joe' });
  const [remote] = await connect(cluster);
  await using joe = remote;
  expect((await joe?.exec('whoami'))?.stdout.trim()).toBe('joe');
  expect((await joe?.exec('whoami', { root: true }))?.stdout.trim()).toBe('root');
  expect((await joe?.exec('cat /root/.ssh/authorized_keys', { root: true }))?.stdout).toContain(
    'ssh-ed25519',
  );
});

test('a firewall that drops what it does not know lets the nodes through, and is then as before', async () => {
  const id = newClusterId();
  const table = `table inet e2e_${process.pid}`;
  const chain = (hook: string) =>
    `chain ${hook} { type filter hook ${hook} priority 0; policy accept; iifname "sd${id}" ct state new drop; }\n`;
  await execa('nft', ['-f', '-'], { input: `${table} {\n${chain('input')}${chain('forward')}}` });
  onTestFinished(async () => {
    await execa('nft', ['delete', ...table.split(' ')]);
  });
  const before = await execa('nft', ['list', ...table.split(' ')]);
  onTestFinished(() => provider.destroy({ id }, ctx));
  const cluster = await make(1, {}, { cluster: id });
  const [remote] = await connect(cluster);
  await using node = remote;
  const ping = await node?.exec(`ping -c1 -W20 ${cluster.mainAddress}`);
  const update = await node?.exec(
    'apt-get update -o Acquire::http::Timeout=5 -o Acquire::Retries=0 --error-on=any',
  );
  await provider.destroy(cluster, ctx);
  expect([ping?.exitCode, update?.exitCode], update?.stderr).toEqual([0, 0]);
  const after = (await execa('nft', ['list', ...table.split(' ')])).stdout.split('\n');
  // Another run on this main host may have put its own rules there meanwhile.
  const others = (line: string) => line.includes('comment "shakedown_') && !line.includes(id);
  expect(after.filter((line) => !others(line)).join('\n')).toBe(before.stdout);
});

test('nodes that someone froze are destroyed like others', async () => {
  const cluster = await during(2);
  const freezer = `/sys/fs/cgroup/freezer/shakedown/${cluster.id}/1/freezer.state`;
  const unified = `/sys/fs/cgroup/shakedown/${cluster.id}/1/cgroup.freeze`;
  await execa('sh', ['-c', `[ -e ${freezer} ] && echo FROZEN > ${freezer} || echo 1 > ${unified}`]);
  await provider.destroy(cluster, ctx);
  expect(await remains([cluster.id])).toEqual([]);
});

test('what cannot be made is told, and then destroyed', async () => {
  await expect(during(1, { memory: '1000G' })).rejects.toMatchObject({
    details: { message: expect.stringContaining('1024000 MiB of memory, and this main host has') },
  });
  const shares = [{ source: '/nonexistent', target: '/mnt' }];
  await expect(during(1, {}, { shares })).rejects.toMatchObject({
    details: { lastLines: ['/nonexistent, which nodes are to see, does not exist'] },
  });
  const file = [{ source: '/etc/hostname', target: '/etc/passwd/x' }];
  await expect(during(2, {}, { shares: file })).rejects.toMatchObject({
    details: { lastLines: expect.arrayContaining([expect.stringContaining('could not start node')]) },
  });
});

describe('a base tree', () => {
  const cache = () => {
    const directory = mkdtempSync('/var/tmp/shakedown-cache-');
    onTestFinished(() => rmSync(directory, { recursive: true }));
    return directory;
  };

  /**
   * A cache that has the default tree and the packages which the common one has. The tree is a
   * copy: a link to a file changes its ctime, for which tar(1), importing the common tree
   * elsewhere at that moment, would take it as changed.
   */
  async function cacheWithTree(): Promise<string> {
    const directory = cache();
    const tree = await ensureBaseTree({ os: 'bookworm', packages: [] }, false, ctx);
    const script = `mkdir "$1/trees" "$1/apt" && cp -a "$2" "$(readlink -f "$2")" "$1/trees" && cp -l "$3"/*.deb "$1/apt"`;
    await execa('sh', ['-ec', script, 'sh', directory, tree, join(ctx.cacheDir, 'apt')]);
    return directory;
  }

  test.each([
    [{ os: 'duke' }, "there is no suite 'duke'"],
    [{ mirror: 'http://127.0.0.1:9/debian' }, 'the mirror http://127.0.0.1:9/debian could not be reached'],
  ])('that cannot be built says why: %j', async (options, message) => {
    const made = make(1, options, { ctx: { cacheDir: cache() } });
    await expect(made).rejects.toMatchObject({ details: { message: expect.stringContaining(message) } });
  });

  test('whose building is broken off leaves no process and no mount behind', async () => {
    const cacheDir = cache();
    const controller = new AbortController();
    const made = make(1, {}, { ctx: { cacheDir, signal: controller.signal } });
    const outcome = expect(made).rejects.toThrow('enough');
    const traces = async () => (await remains([cacheDir.slice(-6)])).length;
    await expect.poll(traces, { timeout: 20_000 }).toBeGreaterThan(2);
    await sleep(2000);
    controller.abort(new Error('enough'));
    await outcome;
    expect(await remains([cacheDir.slice(-6)])).toEqual([]);
    const built = readdirSync(join(cacheDir, 'trees')).filter(
      (name) => !/\.(lock|part-\d+(\.tmp)?)$/.test(name),
    );
    expect(built).toEqual([]);
  });

  test('that is built anew, of packages that are there already, leaves the old one to the nodes that lie over it', async () => {
    const own = { ...ctx, cacheDir: await cacheWithTree() };
    const old = await during(1, {}, { ctx: own });
    const builtOn = async (cluster: string) =>
      (await execa('readlink', [`/var/lib/shakedown/nspawn/${cluster}/tree`])).stdout;
    const before = await builtOn(old.id);
    const packages = () => readdirSync(join(own.cacheDir, 'apt')).filter((name) => name.endsWith('.deb'));
    const known = packages();
    const login = await loginForNewMachines({}, ctx.cacheDir);
    const machines = [{ id: 0, name: 'n0' }];
    const id = newClusterId();
    await provider.create(
      { cluster: id, machines, options: { count: 1 }, login, shares: [], rebuild: true },
      own,
    );
    const after = await builtOn(id);
    await provider.destroy({ id }, ctx);
    expect(before).not.toBe(after);
    // Some hundred packages come from the cache; the mirror may have got a new one meanwhile.
    expect(known.length).toBeGreaterThan(80);
    expect(packages().length - known.length).toBeLessThan(20);
    expect(before.startsWith(own.cacheDir)).toBe(true);
    const [remote] = await connect(old);
    await using node = remote;
    expect((await node?.exec('dpkg --verify openssh-server && echo whole'))?.stdout).toContain('whole');
  });
});

test('a kept cluster outlives its maker, and is listed as kept', async () => {
  const id = newClusterId();
  onTestFinished(() => provider.destroy({ id }, ctx));
  const maker = runMaker(id);
  await expect.poll(async () => (await maker.stdoutSoFar()).includes('made')).toBe(true);
  await provider.keep({ id });
  await maker.kill();
  // Those of a cluster that is not kept would be gone by then.
  await sleep(3000);
  expect(await provider.list(ctx)).toContainEqual({ id, ownerAlive: false, kept: true });
  expect(await containers(id)).toBe(2);
});

describe('a maker that is killed', () => {
  let bystander: Cluster;
  beforeAll(async () => {
    bystander = await make(1);
  });
  afterAll(() => provider.destroy(bystander, ctx));

  test.each([
    { act: 'create', said: 'making', within: 400 },
    { act: 'destroy', said: 'destroying', within: 150 },
  ])('at any moment of $act leaves nothing that its id does not find', async ({ act, said, within }) => {
    const kill = async (moment: number) => {
      const id = newClusterId();
      const maker = runMaker(id, act === 'destroy');
      const begun = async () => (await maker.stdoutSoFar()).includes(said);
      await expect.poll(begun, { interval: 5 }).toBe(true);
      await sleep(moment * within);
      await maker.kill();
      await provider.destroy({ id }, ctx);
      expect(await remains([id]), `killed ${Math.round(moment * within)} ms after '${said}'`).toEqual([]);
    };
    // Moments evenly spread but for a little chance, three at a time.
    const count = rounds(2, 5);
    for (let round = 0; round < count; round++) {
      await Promise.all([0, 1, 2].map((each) => kill((round * 3 + each + Math.random()) / (count * 3))));
    }
    expect(await provider.list(ctx)).toContainEqual({ id: bystander.id, ownerAlive: true, kept: false });
    const [remote] = await connect(bystander);
    await using node = remote;
    expect((await node?.exec('echo alive'))?.stdout).toContain('alive');
  });

  test('takes its nodes with it; what is left of them waits for reap', async () => {
    const id = newClusterId();
    onTestFinished(() => provider.destroy({ id }, ctx));
    const maker = runMaker(id);
    await expect.poll(async () => (await maker.stdoutSoFar()).includes('made')).toBe(true);
    await expect.poll(() => containers(id)).toBe(2);
    await maker.kill();
    await expect.poll(() => containers(id)).toBe(0);
    expect(await provider.list(ctx)).toContainEqual({ id, ownerAlive: false, kept: false });
  });

  test('with its state lost is found by the names of what is left', async () => {
    const id = newClusterId();
    const maker = runMaker(id);
    await expect.poll(async () => (await maker.stdoutSoFar()).includes('made')).toBe(true);
    await maker.kill();
    await execa('rm', [`/var/lib/shakedown/nspawn/${id}/state.json`]);
    expect(await provider.list(ctx)).toContainEqual({ id, ownerAlive: false, kept: false });
    await provider.destroy({ id }, ctx);
    expect(await remains([id])).toEqual([]);
    expect((await provider.list(ctx)).map((cluster) => cluster.id)).not.toContain(id);
  });

  test('or aborted while it makes them leaves what destroy then takes away', async () => {
    const controller = new AbortController();
    const id = newClusterId();
    const made = make(3, {}, { cluster: id, ctx: { signal: controller.signal } });
    await expect.poll(() => existsSync(`/var/lib/shakedown/nspawn/${id}`), { interval: 2 }).toBe(true);
    controller.abort(new Error('enough'));
    await expect(made).rejects.toThrow('enough');
    await provider.destroy({ id }, ctx);
    expect(await remains([id])).toEqual([]);
  });
});

/** How many containers of a cluster run; while one comes up it has a second process of the same name. */
async function containers(id: string): Promise<number> {
  const lines = (await remains([id])).filter((line) => line.startsWith('systemd-nspawn'));
  return new Set(lines.map((line) => / -M (\S+)/.exec(line)?.[1])).size;
}

/** Another process that makes a cluster of two nodes, says so, and stays, or else destroys it. */
function runMaker(id: string, destroys = false) {
  const script = `
    import { NspawnProvider } from '${import.meta.dirname}/../../../main/providers/nspawn/nspawn-provider.ts';
    const nothing = async () => undefined;
    const ctx = { signal: new AbortController().signal, emit() {}, log() {}, clock: Date.now, cacheDir: '${ctx.cacheDir}', ledger: { record: nothing, remove: nothing } };
    const machines = [0, 1].map((id) => ({ id, name: 'n' + id }));
    console.log('making');
    const provider = new NspawnProvider();
    await provider.create({ cluster: process.argv[1], machines, options: { nodes: [{}, { disk: '64M' }] }, login: { publicKey: 'ssh-ed25519 x' }, shares: [] }, ctx);
    console.log('made');
    if (process.argv[2] === 'destroys') {
      console.log('destroying');
      await provider.destroy({ id: process.argv[1] }, ctx);
    }
    await new Promise(() => setInterval(() => 0, 1000));`;
  const running = execa(
    process.execPath,
    ['--input-type=module', '-e', script, id, destroys ? 'destroys' : 'stays'],
    {
      reject: false,
    },
  );
  let printed = '';
  running.stdout.on('data', (chunk) => {
    printed += chunk;
  });
  return {
    stdoutSoFar: async () => printed,
    kill: async () => {
      running.kill('SIGKILL');
      await running;
    },
  };
}
