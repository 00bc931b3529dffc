import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { DockerProvider } from '../../../main/providers/docker/docker-provider.ts';
import { chooseEngine } from '../../../main/providers/docker/engines/find-engines.ts';
import { podmanEngine } from '../../../main/providers/docker/engines/podman-engine.ts';
import { podmanPaths } from '../../../main/providers/docker/names.ts';
import { loginForNewMachines } from '../../../main/providers/login-for-new-machines.ts';
import type { Cluster, Share } from '../../../main/providers/provider.ts';
import type { Remote } from '../../../main/remotes/remote.ts';
import { connectSsh } from '../../../main/remotes/ssh-remote.ts';
import { newClusterId } from '../../../main/run/machines/make-machines.ts';
import { runContext } from '../../fakes/run-context.ts';
import { rounds } from '../../rounds.ts';

const provider = new DockerProvider();
const ctx = runContext({ signal: AbortSignal.timeout(600_000) });

interface Wish {
  readonly cluster?: string;
  readonly user?: string;
  readonly shares?: readonly Share[];
}

async function make(count: number, options: object = {}, wish: Wish = {}): Promise<Cluster> {
  const { cluster = newClusterId(), user, shares = [] } = wish;
  const login = await loginForNewMachines(user === undefined ? {} : { user }, ctx.cacheDir);
  const machines = Array.from({ length: count }, (_, id) => ({ id, name: `n${id}` }));
  const spec = { cluster, machines, options: { count, engine: 'podman', ...options }, login, shares };
  return provider.create(spec, ctx);
}

const connect = (cluster: Cluster): Promise<Remote[]> =>
  Promise.all(cluster.machines.map(({ ssh }) => connectSsh(ssh, { signal: ctx.signal, timeout: 200 })));

/** All of this machine's that has one of the ids in its name, and what our Podman and its runtime know of. */
async function remains(ids: readonly string[]): Promise<readonly string[]> {
  const podman = podmanEngine().command.join(' ');
  const script = `ip -br link; ls /run/netns 2>/dev/null; cat /proc/self/mounts; nft list ruleset;
    find /sys/fs/cgroup -path '*shakedown-docker/*' -type d; ls /var/lib/shakedown/docker; cat /run/runc/*/state.json;
    ${podman} ps -a --external; ${podman} volume ls; ${podman} network ls;
    for c in /proc/[0-9]*/cmdline; do tr '\\0' ' ' < $c; echo; done`;
  const env = { CONTAINERS_CONF: podmanPaths().config };
  const { stdout } = await execa('sh', ['-c', script], { env, reject: false, stderr: 'ignore' });
  return stdout.split('\n').filter((line) => ids.some((id) => line.includes(id)));
}

/** What every kind of engine has to give. */
async function looksLikeMachines(cluster: Cluster, init: 'systemd' | 'sshd'): Promise<void> {
  const remotes = await connect(cluster);
  const [first, second] = remotes;
  expect((await first?.exec('hostname; cat /proc/1/comm'))?.stdout).toBe(`n0\n${init}\n`);
  expect(cluster.machines[0]?.ssh.hostKey).toContain(
    (await first?.exec('cut -d" " -f1,2 /etc/ssh/ssh_host_ed25519_key.pub'))?.stdout.trim(),
  );
  if (second) expect((await first?.exec('ping -c1 -W20 n1'))?.exitCode).toBe(0);
  if (init === 'systemd') {
    expect((await first?.exec('systemctl is-system-running --wait'))?.stdout.trim()).toBe('running');
  }
  await Promise.all(remotes.map((remote) => remote[Symbol.asyncDispose]()));
}

describe('machines of root’s Podman', () => {
  let cluster: Cluster;
  let remotes: Remote[];
  beforeAll(async () => {
    const shares = [{ source: import.meta.filename, target: '/mnt/a, "file".ts' }];
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

  test('have names, host keys, a network and a systemd of their own', () =>
    looksLikeMachines(cluster, 'systemd'));

  test('have a systemd that sees only its own processes', async () => {
    // Where control groups have several hierarchies, systemd need not have moved
    // the service's processes in each.
    expect(
      await on(1, "find /sys/fs/cgroup -path '*/ssh.service/cgroup.procs' -exec cat {} + | sort -u | wc -l"),
    ).toMatch(/^[1-9]$/);
    expect(await on(1, 'pgrep -c systemd-journal')).toBe('1');
  });

  test('reach any port of the main host at its address in the cluster', async () => {
    const server = createServer((socket) => socket.end('hello\n')).listen(0, cluster.mainAddress);
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    expect(await on(2, `bash -c 'cat </dev/tcp/${cluster.mainAddress}/${port}'`)).toBe('hello');
    server.close();
  });

  test('are held to their limits', async () => {
    expect(await on(2, 'head -c 600M /dev/zero | tail -c 500M | wc -c; true')).not.toContain('524288000');
    const forks = 'for i in $(seq 300); do sleep 3 & done 2>&1 | grep -c -i "resource\\|fork"; true';
    expect(Number(await on(2, forks))).toBeGreaterThan(0);
  });

  test('see what is shared with them, and cannot change it', async () => {
    expect(await on(0, `grep -c 'what is shared' '/mnt/a, "file".ts'`)).not.toBe('0');
    expect(await on(0, `echo x 2>&1 >>'/mnt/a, "file".ts'`)).toContain('Read-only file system');
  });

  test('reach Debian’s mirror, and have package lists already', async () => {
    const install = 'apt-get install -y -qq --no-install-recommends hello >/dev/null 2>&1; hello';
    expect(await on(0, install)).toBe('Hello, world!');
  });

  test('keep their disk through a reboot and a loss of power, with another boot id after each', async () => {
    const which = { cluster, machine: 1 };
    const bootId = async () => {
      const [, remote] = await connect(cluster);
      await using node = remote;
      await node?.exec('echo kept > /var/tmp/kept');
      return (await node?.exec('cat /proc/sys/kernel/random/boot_id /var/tmp/kept'))?.stdout;
    };
    const before = await bootId();
    await provider.reboot(which, ctx);
    const rebooted = await bootId();
    await provider.powerOff(which, ctx);
    const gone = connectSsh(cluster.machines[1]?.ssh ?? { host: '', port: 0, user: '' }, {
      signal: ctx.signal,
      timeout: 2,
    });
    await expect(gone).rejects.toThrow();
    await provider.powerOn(which, ctx);
    const on = await bootId();
    expect(new Set([before, rebooted, on]).size).toBe(3);
    expect([before, rebooted, on].every((text) => text?.endsWith('kept\n'))).toBe(true);
  });

  test('lose what they had set in their network when they are rebooted or lose their power', async () => {
    const which = { cluster, machine: 1 };
    const [spare] = cluster.machines[1]?.spareAddresses ?? [];
    const fresh = async (command: string) => {
      const [, remote] = await connect(cluster);
      await using node = remote;
      return (await node?.exec(command))?.stdout.trim();
    };
    const look =
      'ip -4 -o addr show dev eth0 | wc -l; nft list ruleset | wc -l; cat /sys/class/net/eth0/address';
    const mine = `ip addr add ${spare}/24 dev eth0; nft add table ip mine; echo done`;
    const before = await fresh(look);
    expect(await fresh(mine)).toBe('done');
    expect(await on(0, `ping -c1 -W20 ${spare} >/dev/null && echo yes`)).toBe('yes');
    await provider.powerOff(which, ctx);
    await provider.powerOn(which, ctx);
    expect(await fresh(look)).toBe(before);
    expect(await on(0, 'ping -c1 -W20 n1 >/dev/null && echo yes')).toBe('yes');
    await fresh(mine);
    await provider.reboot(which, ctx);
    expect(await fresh(look)).toBe(before);
  });

  test('leave what their console printed on the main host', async () => {
    const { stdout } = await execa('cat', [cluster.machines[0]?.consoleLog ?? '']);
    expect(stdout).toContain('OpenBSD Secure Shell server');
  });

  test('let others be made and destroyed beside them, all at once', async () => {
    const others = await Promise.all([make(1), make(1)]);
    expect(new Set([cluster, ...others].map(({ mainAddress }) => mainAddress)).size).toBe(3);
    await Promise.all(others.map(({ id }) => provider.destroy({ id }, ctx)));
    expect(await remains(others.map(({ id }) => id))).toEqual([]);
    expect(await on(0, 'ping -c1 -W20 n1 >/dev/null && echo still here')).toBe('still here');
  });

  test('are listed with their owner, and their image is in use', async () => {
    expect(await provider.list(ctx)).toContainEqual({ id: cluster.id, ownerAlive: true, kept: false });
    const used = (await provider.images(ctx)).filter(({ inUse }) => inUse);
    const image = used.find(({ id }) => id.startsWith('podman/bookworm-'));
    expect(image).toBeDefined();
    await expect(provider.removeImage(image?.id ?? '', ctx)).rejects.toThrow('machines that exist now');
  });
});

test('a login that is not root gets an account with sudo', async () => {
  const id = newClusterId();
  onTestFinished(() => provider.destroy({ id }, ctx));
  const [remote] = await connect(await make(1, {}, { cluster: id, user: 'joe' }));
  await using joe = remote;
  expect((await joe?.exec('whoami'))?.stdout.trim()).toBe('joe');
  expect((await joe?.exec('whoami', { root: true }))?.stdout.trim()).toBe('root');
});

describe('what cannot be made is told, and leaves nothing', () => {
  test.each([
    [
      { image: 'nosuch.invalid/image:1' },
      [],
      { message: expect.stringContaining("no image 'nosuch.invalid/image:1'") },
    ],
    [{ disk: '1G' }, [], { message: expect.stringContaining('cannot limit the disk') }],
    [{ memory: '1000G' }, [], { message: expect.stringContaining('this main host has') }],
    [
      {},
      [{ source: '/nonexistent', target: '/mnt' }],
      { lastLines: ['/nonexistent, which nodes are to see, does not exist'] },
    ],
  ])('%j', async (options, shares, details) => {
    const id = newClusterId();
    await expect(make(1, options, { cluster: id, shares })).rejects.toMatchObject({ details });
    await provider.destroy({ id }, ctx);
    expect(await remains([id])).toEqual([]);
  });
});

describe('a maker that is killed', () => {
  test('at any moment leaves nothing that its id does not find', async () => {
    const count = rounds(2, 5);
    for (let round = 0; round < count; round++) {
      const id = newClusterId();
      const maker = runMaker(id);
      await expect.poll(() => maker.printed().includes('making'), { interval: 5 }).toBe(true);
      await sleep(200 + ((round + Math.random()) / count) * 1750);
      await maker.kill();
      await provider.destroy({ id }, ctx);
      expect(await remains([id]), `round ${round}`).toEqual([]);
    }
  });

  const watched = async (id: string) =>
    (await remains([id])).some((line) => line.includes(` watch /var/lib/shakedown/docker/${id} `));
  const containers = async (id: string) =>
    (await remains([id])).filter((line) => new RegExp(`shakedown-${id}-\\d+$`).test(line.trim())).length;
  async function killed(id: string, keep: boolean): Promise<void> {
    onTestFinished(() => provider.destroy({ id }, ctx));
    const maker = runMaker(id);
    await expect.poll(() => maker.printed().includes('made'), { timeout: 60_000 }).toBe(true);
    expect([await containers(id), await watched(id)]).toEqual([2, true]);
    if (keep) await provider.keep({ id });
    await maker.kill();
    await expect.poll(() => watched(id)).toBe(false);
  }

  test('takes its containers with it; the rest is listed as nobody’s', async () => {
    const id = newClusterId();
    await killed(id, false);
    expect(await containers(id)).toBe(0);
    expect(await provider.list(ctx)).toContainEqual({ id, ownerAlive: false, kept: false });
  });

  test('leaves a kept cluster alone; with its state lost it is found by the labels', async () => {
    const id = newClusterId();
    await killed(id, true);
    expect(await containers(id)).toBe(2);
    rmSync(`/var/lib/shakedown/docker/${id}`, { recursive: true });
    expect(await provider.list(ctx)).toContainEqual({ id, ownerAlive: false, kept: true });
    await provider.destroy({ id }, ctx);
    expect(await remains([id])).toEqual([]);
  });
});

/** Another process that makes a cluster of two nodes, says so, and stays. */
function runMaker(id: string) {
  const script = `
    import { DockerProvider } from '${import.meta.dirname}/../../../main/providers/docker/docker-provider.ts';
    const nothing = async () => undefined;
    const ctx = { signal: new AbortController().signal, emit() {}, log() {}, clock: Date.now, cacheDir: '${ctx.cacheDir}', ledger: { record: nothing, remove: nothing } };
    const machines = [0, 1].map((id) => ({ id, name: 'n' + id }));
    console.log('making');
    await new DockerProvider().create({ cluster: process.argv[1], machines, options: { count: 2, engine: 'podman' }, login: { publicKey: 'ssh-ed25519 x' }, shares: [] }, ctx);
    console.log('made');
    await new Promise(() => setInterval(() => 0, 1000));`;
  const running = execa(process.execPath, ['--input-type=module', '-e', script, id], { reject: false });
  let printed = '';
  running.stdout.on('data', (chunk) => {
    printed += chunk;
  });
  return {
    printed: () => printed,
    kill: async () => {
      running.kill('SIGKILL');
      await running;
    },
  };
}

describe('Docker’s command line', () => {
  const folder = mkdtempSync('/var/tmp/shakedown-docker-');
  const socket = (name: string) => `unix://${join(folder, name)}`;
  const started: { kill: () => Promise<void> }[] = [];
  afterAll(async () => {
    delete process.env.DOCKER_HOST;
    for (const each of started) await each.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Starts an engine and waits until it answers; the tests after it use it. */
  async function start(name: string, command: readonly string[], env: Record<string, string> = {}) {
    const [program = '', ...args] = command;
    const running = execa(program, args, { env, reject: false, stdio: 'ignore' });
    const kill = async () => {
      running.kill('SIGTERM');
      await running;
    };
    started.push({ kill });
    process.env.DOCKER_HOST = socket(name);
    await expect.poll(async () => (await execa('docker', ['ps'], { reject: false })).exitCode).toBe(0);
    return kill;
  }
  const startDocker = () =>
    start('docker.sock', [
      'dockerd',
      // No bridge, rules or forwarding of its own: other tests' networks are on this machine too.
      ...['--bridge=none', '--iptables=false', '--ip-forward=false', '--group=root'],
      ...[`--data-root=${folder}/data`, `--exec-root=${folder}/exec`, `--pidfile=${folder}/pid`],
      `--host=${socket('docker.sock')}`,
    ]);

  test('makes machines of Podman’s service', async () => {
    const id = newClusterId();
    const tables = async () => (await execa('nft', ['list', 'tables'])).stdout.split('\n');
    const before = await tables();
    const [program, ...words] = podmanEngine().command;
    const serve = ['system', 'service', '-t', '0', socket('podman.sock')];
    const stop = await start('podman.sock', [program, ...words, ...serve], podmanEngine().env);
    onTestFinished(async () => {
      await provider.destroy({ id }, ctx);
      await stop();
      // Its network program leaves empty chains in iptables' own tables.
      const left = (await tables()).filter((table) => !before.includes(table));
      for (const table of left.filter((each) => / (nat|filter|mangle)$/.test(each))) {
        await execa('nft', ['delete', ...table.split(' ')]);
      }
    });
    await looksLikeMachines(await make(1, { engine: 'docker' }, { cluster: id }), 'systemd');
  });

  test('makes machines of Docker’s engine; one that does not answer is told, and left for later', async () => {
    const id = newClusterId();
    const stop = await startDocker();
    const cluster = await make(2, { engine: 'docker', memory: '256M' }, { cluster: id });
    await looksLikeMachines(cluster, 'systemd');
    await provider.reboot({ cluster, machine: 0 }, ctx);
    await looksLikeMachines(cluster, 'systemd');
    await stop();
    // The one that was found is remembered for a minute.
    const later = performance.now() + 61_000;
    const clock = vi.spyOn(performance, 'now').mockReturnValue(later);
    await expect(chooseEngine(ctx.signal, 'docker')).rejects.toThrow('no Docker engine answers at');
    clock.mockRestore();
    await expect(provider.destroy({ id }, ctx)).rejects.toThrow('docker does not answer');
    await startDocker();
    expect(await provider.list(ctx)).toContainEqual({ id, ownerAlive: true, kept: false });
    await provider.destroy({ id }, ctx);
    expect((await execa('docker', ['ps', '-aq'])).stdout).toBe('');
    expect(await remains([id])).toEqual([]);
    const refused = await asOrdinaryUser(
      'nobody',
      `import { findDocker } from '${import.meta.dirname}/../../../main/providers/docker/engines/docker-engine.ts';
       console.log(JSON.stringify(await findDocker(AbortSignal.timeout(20_000))));`,
      { DOCKER_HOST: socket('docker.sock'), HOME: '/nonexistent' },
    );
    expect(refused).toContain("this user may not use Docker's socket");
  });
});

/** Runs a module as another user, and gives what it printed. */
async function asOrdinaryUser(user: string, script: string, env: Record<string, string>): Promise<string> {
  const { stdout: group } = await execa('id', ['-g', user]);
  const drop = [`--reuid=${user}`, `--regid=${group}`, '--clear-groups'];
  const node = [process.execPath, '--input-type=module', '-e', script];
  const ran = await execa('setpriv', [...drop, ...node], { env, cwd: '/', reject: false, all: true });
  return ran.all;
}

describe('Podman without root', () => {
  const user = 'sdrootless';
  const home = `/var/tmp/${user}`;
  const env = { HOME: home, USER: user, XDG_RUNTIME_DIR: `${home}/run`, XDG_DATA_HOME: `${home}/data` };
  const tun = '/dev/net/tun';
  const before = statSync(tun).mode & 0o777;

  beforeAll(async () => {
    await execa('useradd', ['--create-home', '--home-dir', home, user]);
    await execa('install', ['-d', '-o', user, '-m', '700', `${home}/run`]);
    // What udev does where it runs (50-udev-default.rules).
    chmodSync(tun, 0o666);
  });
  afterAll(async () => {
    chmodSync(tun, before);
    const end = `for p in $(pgrep -u ${user}); do kill -9 $p; done; sleep 0.2
      for m in $(awk '{print $2}' /proc/self/mounts | grep ^${home} | sort -r); do umount $m; done
      userdel ${user}; rm -rf ${home}`;
    await execa('sh', ['-c', end], { reject: false });
  });
  const run = (body: string) =>
    asOrdinaryUser(
      user,
      `import { DockerProvider } from '${import.meta.dirname}/../../../main/providers/docker/docker-provider.ts';
       import { connectSsh } from '${import.meta.dirname}/../../../main/remotes/ssh-remote.ts';
       import { loginForNewMachines } from '${import.meta.dirname}/../../../main/providers/login-for-new-machines.ts';
       const nothing = async () => undefined;
       const signal = AbortSignal.timeout(250_000);
       const ctx = { signal, emit() {}, log() {}, clock: Date.now, cacheDir: '${home}/cache', ledger: { record: nothing, remove: nothing } };
       const provider = new DockerProvider();
       try { ${body} } catch (error) { console.log(error.message, JSON.stringify(error.details)); }`,
      env,
    );

  test('is told to work just when it does', async () => {
    const probe = 'console.log(JSON.stringify(await provider.probe(ctx)));';
    expect(JSON.parse(await run(probe))).toMatchObject({ ok: true });
    chmodSync(tun, 0o600);
    expect(JSON.parse(await run(probe))).toMatchObject({ ok: false, reason: expect.stringContaining(tun) });
    chmodSync(tun, 0o666);
    await execa('usermod', ['--del-subuids', '1-4000000000', user]);
    expect(JSON.parse(await run(probe))).toMatchObject({ reason: expect.stringContaining('--add-subuids') });
    await execa('usermod', ['--add-subuids', '900000-965535', '--add-subgids', '900000-965535', user]);
    expect((await execa('ls', ['-A', `${home}/run`])).stdout).toBe('');
  });

  test('makes machines of an image of the user’s own, with an sshd', async () => {
    // What root has built is as good as one that the user would build.
    const root = podmanEngine();
    const name = `localhost/shakedown:${(await provider.images(ctx)).find(({ id }) => id.startsWith('podman/bookworm'))?.id.slice(7)}`;
    const pipe = `${root.command.join(' ')} image save ${name} | setpriv --reuid=${user} --regid=$(id -g ${user}) --clear-groups \\
      env ${Object.entries({ ...env, CONTAINERS_CONF: '/dev/null' })
        .map(([key, value]) => `${key}=${value}`)
        .join(
          ' ',
        )} podman --storage-driver overlay --root ${home}/.local/share/containers/storage image load`;
    const loaded = await execa('bash', ['-c', `cd /; ${pipe}`], { env: root.env, reject: false, all: true });
    expect(loaded.exitCode, loaded.all).toBe(0);
    const printed = await run(`
      const login = await loginForNewMachines({}, ctx.cacheDir);
      const machines = [0, 1].map((id) => ({ id, name: 'n' + id }));
      const cluster = await provider.create({ cluster: 'fade01', machines, options: { count: 2, image: '${name}', engine: 'podman' }, login, shares: [] }, ctx);
      const node = await connectSsh(cluster.machines[0].ssh, { signal, timeout: 200 });
      console.log((await node.exec('hostname; whoami; cat /proc/1/comm; ping -c1 -W20 n1 >/dev/null && echo reaches')).stdout);
      console.log(JSON.stringify(await provider.list(ctx)), cluster.machines[1].ssh.host, cluster.machines[1].sshOnly);
      await node[Symbol.asyncDispose]();
      await provider.create({ cluster: 'fade02', machines, options: { count: 2, image: '${name}', engine: 'podman', memory: '100M' }, login, shares: [] }, ctx).catch((error) => console.log(error.message));
      await provider.destroy({ id: 'fade01' }, ctx);
      console.log('left', JSON.stringify(await provider.list(ctx)));`);
    expect(printed.split('\n').filter(Boolean)).toEqual([
      'n0',
      'root',
      expect.stringMatching(/^(sshd|systemd)$/),
      'reaches',
      '[{"id":"fade01","kept":false,"ownerAlive":true}] 127.0.0.1 true',
      ...(printed.includes('cannot limit')
        ? ["podman without root cannot limit 'memory' on this main host"]
        : []),
      'left []',
    ]);
  });
});
