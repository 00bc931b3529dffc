import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { loginForNewMachines } from '../../../main/providers/login-for-new-machines.ts';
import type { Cluster } from '../../../main/providers/provider.ts';
import { VagrantProvider } from '../../../main/providers/vagrant/vagrant-provider.ts';
import type { Remote } from '../../../main/remotes/remote.ts';
import { connectSsh } from '../../../main/remotes/ssh-remote.ts';
import { newClusterId } from '../../../main/run/machines/make-machines.ts';
import { runContext } from '../../fakes/run-context.ts';
import { clusterIds, mainConfig, readLatest, scenario, shakedown, start, write } from '../harness.ts';
import { lxcBox } from './vagrant-box/lxc-box.ts';

const provider = new VagrantProvider();
const said: string[] = [];
const ctx = runContext({
  signal: AbortSignal.timeout(1_500_000),
  emit: (event) => void (event.type === 'note' && said.push(event.message)),
  log: (message) => void said.push(message),
});

let box: AsyncDisposable;
beforeAll(async () => {
  box = await lxcBox(ctx);
});
afterAll(() => box[Symbol.asyncDispose]());

/** Of a test that waited in vain: what was done last, and what of vagrant and LXC runs still. */
beforeEach(({ onTestFailed }) => {
  onTestFailed(async () => {
    const { stdout } = await execa('sh', ['-c', "ps -eo pid,etimes,args | grep -E '[v]agrant|[l]xc-'; true"]);
    console.error([...said.slice(-20), stdout].join('\n'));
  });
});

async function make(
  id: string,
  names: readonly string[],
  options: object,
  more: { signal?: AbortSignal; user?: string } = {},
): Promise<Cluster> {
  const { user, ...changed } = more;
  const login = await loginForNewMachines(user === undefined ? {} : { user }, ctx.cacheDir);
  const machines = names.map((name, index) => ({ id: index, name }));
  return provider.create({ cluster: id, machines, options, login, shares: [] }, { ...ctx, ...changed });
}

const connect = (cluster: Cluster): Promise<Remote[]> =>
  Promise.all(cluster.machines.map(({ ssh }) => connectSsh(ssh, { signal: ctx.signal, timeout: 200 })));

/** Everything on this machine that has the id in its name: containers, files, links, cgroups, processes. */
async function remains(id: string): Promise<readonly string[]> {
  const script = `lxc-ls -1; ls /var/lib/lxc /var/lib/shakedown/vagrant; cat /proc/self/mounts
    find /sys/fs/cgroup -maxdepth 3 -name 'lxc.*'
    for c in /proc/[0-9]*/cmdline; do tr '\\0' ' ' < $c 2>/dev/null; echo; done
    for e in /proc/[0-9]*/environ; do tr '\\0' '\\n' < $e 2>/dev/null | grep ^VAGRANT_DOTFILE_PATH; done; true`;
  const { stdout } = await execa('sh', ['-c', script]);
  return stdout.split('\n').filter((line) => line.includes(id));
}

/** A folder of a user's with a Vagrantfile and a file that its provisioning reads. */
function project(vagrantfile: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'shakedown-vagrant-project-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'Vagrantfile'), vagrantfile);
  writeFileSync(join(folder, 'greeting.sh'), 'echo hello > /etc/greeting; echo provisioning speaks\n');
  return folder;
}

const twoMachines = `
Vagrant.configure('2') do |config|
  config.vm.box = 'e2e'
  config.vm.synced_folder '.', '/vagrant', disabled: true
  config.vm.define('web')
  config.vm.define('db') do |db|
    db.vm.provider(:lxc) do |lxc|
      lxc.container_name = 'my-own-name'
      lxc.customize 'environment', 'CHOSEN=by-the-user'
    end
    db.vm.provision :shell, path: 'greeting.sh'
  end
end
`;

describe('machines of a box', () => {
  const id = newClusterId();
  let cluster: Cluster;
  let remotes: Remote[];
  beforeAll(async () => {
    cluster = await make(
      id,
      ['n0', 'n1'],
      { count: 2, box: 'e2e', os: 'bookworm', provider: 'lxc', memory: '300M' },
      { user: 'joe' },
    );
    remotes = await connect(cluster);
  });
  afterAll(async () => {
    await Promise.all(remotes.map((remote) => remote[Symbol.asyncDispose]()));
    await provider.destroy({ id }, ctx);
    await provider.destroy({ id }, ctx);
    expect(await remains(id)).toEqual([]);
    expect((await provider.list(ctx)).map((each) => each.id)).not.toContain(id);
  });
  const on = async (node: number, command: string) => (await remotes[node]?.exec(command))?.stdout.trim();

  const asRoot = async (node: number, command: string) =>
    (await remotes[node]?.exec(command, { root: true }))?.stdout.trim();

  test('have their names, see one another by them, and are held to their limits', async () => {
    for (const node of [0, 1]) expect(await on(node, 'hostname')).toBe(`n${node}`);
    expect(await asRoot(0, 'ping -c1 -W20 n1 >/dev/null && echo yes')).toBe('yes');
    expect(await asRoot(1, `ping -c1 -W20 ${cluster.machines[0]?.address} >/dev/null && echo yes`)).toBe(
      'yes',
    );
    const limit = await on(
      1,
      'cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null',
    );
    expect(limit).toBe(`${300 * 1024 ** 2}`);
  });

  test('let in the login that is wanted, with sudo, and answer with the host keys that LXC told', async () => {
    expect(await on(0, 'whoami')).toBe('joe');
    expect((await remotes[0]?.exec('whoami', { root: true }))?.stdout.trim()).toBe('root');
    const key = (await on(0, 'cat /etc/ssh/ssh_host_ed25519_key.pub'))?.split(' ').slice(0, 2).join(' ');
    expect(cluster.machines[0]?.ssh.hostKey).toBe(key);
  });

  test('reach the main host at the address that is told', async () => {
    const server = createServer((socket) => socket.end('hello from the main host\n'));
    await new Promise<void>((resolve) => server.listen(0, cluster.mainAddress, resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    expect(await on(1, `bash -c 'cat </dev/tcp/${cluster.mainAddress}/${port}'`)).toBe(
      'hello from the main host',
    );
    server.close();
  });

  test('are told of as vagrant makes them', () => {
    expect(said).toContain("Importing base box 'e2e'...");
    expect(said).toContain('Machine booted and ready!');
  });

  test('are the cluster’s: listed by its id, and not in the user’s index of machines', async () => {
    expect(await provider.list(ctx)).toContainEqual({ id, ownerAlive: true, kept: false });
    await provider.keep({ id });
    expect(await provider.list(ctx)).toContainEqual({ id, ownerAlive: true, kept: true });
    const { stdout } = await execa('vagrant', ['global-status', '--machine-readable']);
    expect(stdout).not.toContain(id);
  });

  test('lose their power and regain it, and are booted anew, with their disks as they were', async () => {
    const which = { cluster, machine: 1 };
    const soon = () => ({ ...ctx, signal: AbortSignal.timeout(170_000) });
    const boots = [await on(1, 'cat /proc/sys/kernel/random/boot_id')];
    await remotes[1]?.exec('touch /run/before; echo kept > /etc/kept', { root: true });
    await provider.powerOff(which, soon());
    const { stdout } = await execa('lxc-info', ['-s', '-n', `sv${id}-n1`]);
    expect(stdout).toContain('STOPPED');
    expect(await on(0, 'echo still here')).toBe('still here');
    await provider.powerOn(which, soon());
    const again = async () => {
      const [, machine] = cluster.machines;
      if (!machine) throw new Error('no machine 1');
      await using remote = await connectSsh(machine.ssh, { signal: ctx.signal, timeout: 200 });
      boots.push((await remote.exec('cat /proc/sys/kernel/random/boot_id')).stdout.trim());
      return (await remote.exec('cat /etc/kept; ls /run/before /run/once 2>/dev/null; sudo touch /run/once'))
        .stdout;
    };
    expect(await again()).toBe('kept\n');
    await provider.reboot(which, soon());
    expect(await again()).toBe('kept\n');
    expect(new Set(boots).size).toBe(3);
  });

  test('go back to the disk that they had at a snapshot', async () => {
    const which = { cluster, machine: 0, name: 'fresh' };
    await provider.snapshot(which, ctx);
    expect(await on(0, 'echo still here')).toBe('still here');
    await asRoot(0, 'touch /etc/after; rm /etc/hostname; sync');
    await provider.restore(which, ctx);
    const { ssh } = cluster.machines[0] ?? expect.fail();
    await using remote = await connectSsh(ssh, { signal: ctx.signal, timeout: 200 });
    expect((await remote.exec('cat /etc/hostname; ls /etc/after')).stdout).toBe('n0\n');
    await expect(provider.restore({ ...which, name: 'other' }, ctx)).rejects.toThrow("no snapshot 'other'");
  });
});

describe('an existing Vagrantfile', () => {
  test('runs a scenario on one of its machines, and nothing of the user’s is touched', async () => {
    const folder = project(twoMachines);
    const directory = scenario({
      'config/main.config.ts': mainConfig(
        `nodes: vagrant({ vagrantfile: '${folder}', machines: [{ name: 'db', role: 'primary' }], provider: 'lxc' })`,
      ).replace('nspawn,', 'vagrant,'),
    });
    const run = await shakedown(directory, ['run', '--keep']);
    expect(run.exitCode, run.all).toBe(0);
    expect(readLatest(directory, 'tester.log')).toContain('provisioning speaks');
    const [id = ''] = readdirSync('/var/lib/lxc').flatMap((name) => /^sv(\w{6})-db$/.exec(name)?.[1] ?? []);
    const read = await shakedown(directory, [
      'exec',
      '0',
      '--',
      'sh',
      '-c',
      'cat /etc/greeting; tr "\\0" "\\n" < /proc/1/environ',
    ]);
    expect(read.stdout).toContain('hello');
    expect(read.stdout).toContain('CHOSEN=by-the-user');
    expect(readdirSync(folder).toSorted()).toEqual(['Vagrantfile', 'greeting.sh']);
    // Broken by the time that the machines are to go.
    writeFileSync(join(folder, 'Vagrantfile'), "Vagrant.configure('2') do |config|\n");
    const down = await shakedown(directory, ['down']);
    expect(down.exitCode, down.all).toBe(0);
    expect(await remains(id)).toEqual([]);
  });

  test('whose machine does not boot is told in vagrant’s words, and leaves nothing', async () => {
    const folder = project(`
Vagrant.configure('2') do |config|
  config.vm.box = 'e2e'
  config.vm.boot_timeout = 5
  config.vm.synced_folder '.', '/vagrant', disabled: true
  config.vm.provider(:lxc) { |lxc| lxc.customize 'init.cmd', '/bin/sleep 1000'; lxc.fetch_ip_tries = 1 }
end
`);
    const id = newClusterId();
    onTestFinished(() => provider.destroy({ id }, ctx));
    const made = make(id, ['default'], { vagrantfile: folder, provider: 'lxc' });
    await expect(made).rejects.toMatchObject({
      details: { command: 'vagrant up --provider lxc default', hint: expect.stringContaining('lxc-net') },
    });
    await provider.destroy({ id }, ctx);
    expect(await remains(id)).toEqual([]);
  });
});

describe('a maker that ends in the middle', () => {
  test('by kill -9, with its state lost, is found by the names of its containers', async () => {
    const id = newClusterId();
    const maker = runMaker(id);
    await expect.poll(() => maker.printed(), { timeout: 120_000 }).toContain('Waiting for machine to boot');
    await maker.kill();
    rmSync(`/var/lib/shakedown/vagrant/${id}`, { recursive: true });
    expect(await provider.list(ctx)).toContainEqual({ id, ownerAlive: false, kept: false });
    await provider.destroy({ id }, ctx);
    expect(await remains(id)).toEqual([]);
  });

  test('by Ctrl-C leaves nothing', async () => {
    const directory = scenario({
      'config/main.config.ts': mainConfig(
        "nodes: vagrant({ count: 1, box: 'e2e', provider: 'lxc' })",
      ).replace('nspawn,', 'vagrant,'),
    });
    const run = start(directory, ['run']);
    let printed = '';
    run.all?.on('data', (chunk) => {
      printed += chunk;
    });
    await expect.poll(() => printed, { timeout: 120_000 }).toContain('Importing base box');
    run.kill('SIGINT');
    const { exitCode, all } = await run;
    expect(exitCode, all).toBe(130);
    const [id = ''] = clusterIds(directory);
    expect(id).toMatch(/^[0-9a-f]{6}$/);
    expect(await remains(id)).toEqual([]);
  });
});

/** Another process that makes a cluster of one machine, saying what vagrant does. */
function runMaker(id: string) {
  const script = `
    import { VagrantProvider } from '${import.meta.dirname}/../../../main/providers/vagrant/vagrant-provider.ts';
    const nothing = async () => undefined;
    const ctx = { signal: new AbortController().signal, emit: (e) => console.log(e.message), log: console.log, clock: Date.now, cacheDir: '${ctx.cacheDir}', ledger: { record: nothing, remove: nothing } };
    await new VagrantProvider().create({ cluster: process.argv[1], machines: [{ id: 0, name: 'n0' }], options: { count: 1, box: 'e2e', provider: 'lxc' }, login: { publicKey: 'ssh-ed25519 x' }, shares: [] }, ctx);`;
  const running = execa(process.execPath, ['--input-type=module', '-e', script, id], {
    reject: false,
    all: true,
  });
  let text = '';
  running.all.on('data', (chunk) => {
    text += chunk;
  });
  return {
    printed: () => text,
    kill: async () => {
      running.kill('SIGKILL');
      await running;
    },
  };
}

describe('bad input is told', () => {
  const failing = async (body: string, env: Record<string, string> = {}) => {
    const directory = scenario({ 'config/main.config.ts': mainConfig(body).replace('nspawn,', 'vagrant,') });
    return shakedown(directory, ['run'], env);
  };

  test('a Vagrantfile with a syntax error, with vagrant’s own lines and where', async () => {
    const folder = project("Vagrant.configure('2') do |config|\n  config.vm.box = 'e2e\nend\n");
    const { exitCode, all } = await failing(`nodes: vagrant({ vagrantfile: '${folder}' })`);
    expect(exitCode, all).toBe(2);
    expect(all).toContain(`${folder}/Vagrantfile:3: unterminated string meets end of file`);
  });

  test('a machine that it does not define', async () => {
    const folder = project(twoMachines);
    const id = newClusterId();
    onTestFinished(() => provider.destroy({ id }, ctx));
    const made = make(id, ['cache'], {
      vagrantfile: folder,
      machines: ['cache'],
      provider: 'lxc',
    });
    await expect(made).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringContaining("name 'cache' was not found"),
    });
  });

  test('a box that does not exist', async () => {
    const id = newClusterId();
    const made = make(id, ['n0'], {
      count: 1,
      box: 'nobody/nosuch',
      boxUrl: '/nonexistent/no.box',
      provider: 'lxc',
    });
    await expect(made).rejects.toMatchObject({
      details: { command: 'vagrant up --provider lxc n0', hint: expect.any(String) },
    });
    await provider.destroy({ id }, ctx);
    expect(await remains(id)).toEqual([]);
  });

  test('no space for a container', async () => {
    const id = newClusterId();
    await execa('mount', ['-t', 'tmpfs', '-o', 'size=40m', 'tmpfs', '/var/lib/lxc']);
    onTestFinished(() => execa('umount', ['/var/lib/lxc']).then(() => undefined));
    onTestFinished(() => provider.destroy({ id }, ctx));
    await expect(make(id, ['n0'], { count: 1, box: 'e2e', provider: 'lxc' })).rejects.toMatchObject({
      details: {
        lastLines: expect.arrayContaining([expect.stringMatching(/^\d+ MB are left in \/var\/lib\/lxc$/)]),
        hint: expect.stringContaining('space'),
      },
    });
  });

  test('a provider of vagrant’s whose plugin is missing', async () => {
    const id = newClusterId();
    onTestFinished(() => provider.destroy({ id }, ctx));
    const made = make(id, ['n0'], { count: 1, box: 'e2e', provider: 'nosuch' });
    await expect(made).rejects.toMatchObject({
      details: {
        lastLines: expect.arrayContaining([expect.stringContaining("provider 'nosuch' could not be found")]),
        hint: expect.stringContaining('vagrant plugin install'),
      },
    });
  });

  test('vagrant is not installed', async () => {
    const bin = mkdtempSync(join(tmpdir(), 'shakedown-bin-'));
    onTestFinished(() => rmSync(bin, { recursive: true }));
    mkdirSync(join(bin, 'none'));
    write(bin, 'Vagrantfile', twoMachines);
    const { exitCode, all } = await failing(`nodes: vagrant({ vagrantfile: '${bin}' })`, {
      PATH: join(bin, 'none'),
    });
    expect(exitCode, all).not.toBe(0);
    expect(all).toContain('vagrant is not installed');
  });
});
