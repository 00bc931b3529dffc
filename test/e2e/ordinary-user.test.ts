import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureBaseTree } from '../../main/providers/debian/base-tree.ts';
import { inUserNamespace } from '../../main/providers/host/own-root.ts';
import type { RunResult } from '../../main/record/run-result.ts';
import { mainConfig, nodeConfig, program, write } from './harness.ts';

/** A user who can become root in no way, on a machine where the administrator has installed the packages. */
const user = 'sdordinary';
const home = `/var/tmp/${user}`;
const folder = `${home}/scenario`;
const env = { HOME: home, USER: user, XDG_RUNTIME_DIR: `${home}/run`, NO_COLOR: '1' };
const asUser = ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--init-groups'];
const tun = '/dev/net/tun';
const before = statSync(tun).mode & 0o777;

/** A service that systemd runs: nodes without one could not. */
const files = {
  'config/main.config.ts': mainConfig(`
    nodes: machines({ count: 2 }),
    checks: [
      tcp({ name: 'the port is open', port: 8080 }),
      http({ name: 'it answers', url: ':8080/', body: '^I am node[01]$' }),
      'config/checks/*.check.ts',
    ]`).replace('import { ', 'import { http, machines, '),
  'config/node.config.ts': nodeConfig(`
    place: [
      { from: 'web.service', to: '/etc/systemd/system/web.service' },
      { from: 'web.pl', to: '/srv/web.pl' },
    ],
    services: [{ name: 'web', unit: 'web', ready: { tcp: 8080 } }]`),
  'config/checks/web.check.ts': `
    import { expect, test } from 'shakedown/check';
    test('a client on the main host reaches a node', async ({ cluster }) => {
      const answer = await fetch(\`http://\${await cluster.node(1).endpoint(8080)}/\`);
      expect(await answer.text()).toBe('I am node1');
    });
    test('a service that was stopped is not reached; nodes reach one another by name', async ({ cluster }) => {
      const web = cluster.node(1).service('web');
      const ask = "perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(q(node1:8080)) ? 1 : 0'";
      expect(await cluster.node(0).sh(ask)).toBe('1');
      await web.stop();
      expect(await cluster.node(0).sh(ask)).toBe('0');
      await expect(fetch(\`http://\${await cluster.node(1).endpoint(8080)}/\`)).rejects.toThrow();
      await web.start();
    });`,
  'node_files/web.service': '[Service]\nExecStart=/usr/bin/perl /srv/web.pl\n',
  'node_files/web.pl': `use IO::Socket::INET; use Sys::Hostname;
    $SIG{PIPE} = 'IGNORE';
    my $server = IO::Socket::INET->new(LocalPort => 8080, Listen => 9, ReuseAddr => 1) or die $!;
    while (my $client = $server->accept) {
      my $text = 'I am ' . hostname;
      while (my $line = <$client>) { last if $line eq "\\r\\n" }
      print $client "HTTP/1.1 200 OK\\r\\nConnection: close\\r\\nContent-Length: " . length($text) . "\\r\\n\\r\\n$text";
      close $client;
    }\n`,
};

beforeAll(async () => {
  await execa('useradd', ['--create-home', '--home-dir', home, user]);
  // What udev does where it runs (50-udev-default.rules).
  chmodSync(tun, 0o666);
  for (const [name, text] of Object.entries(files)) write(folder, name, text);
  mkdirSync(env.XDG_RUNTIME_DIR);
  await execa('chown', ['-R', `${user}:`, home]);
  await giveTree();
});
afterAll(async () => {
  chmodSync(tun, before);
  const end = `for p in $(pgrep -u ${user}); do kill -9 $p; done; sleep 0.2; userdel ${user}; rm -rf ${home}`;
  await execa('sh', ['-c', end], { reject: false });
});

/** The base tree that root has is as good as one that the user would build in half a minute. */
async function giveTree(): Promise<void> {
  const settings = { os: 'bookworm', packages: [] };
  const ctx = {
    signal: AbortSignal.timeout(250_000),
    cacheDir: '/var/cache/shakedown',
    emit: () => undefined,
  };
  const tree = await ensureBaseTree(settings, false, ctx);
  const place = `umask 022; mkdir -p ${home}/.cache/shakedown/trees; cd ${home}/.cache/shakedown/trees
    mkdir "$0.1.1"; tar -C "$0.1.1" -x --numeric-owner -p -f - && ln -s "$0.1.1" "$0"`;
  const [command = '', ...words] = [...asUser, ...inUserNamespace, 'sh', '-ec', place, basename(tree)];
  const pack = ['-C', `${tree}/`, '--numeric-owner', '--exclude=./dev/*', '-c', '.'];
  await execa('tar', pack, { buffer: false }).pipe(command, words, { env });
}

const shakedown = (...args: readonly string[]) => {
  const [command = '', ...words] = [...asUser, process.execPath, program, ...args];
  return execa(command, words, {
    cwd: folder,
    env,
    reject: false,
    all: true,
    stdin: 'ignore',
    timeout: 280_000,
  });
};

test('doctor tells which kind of machine such a user gets, and why', async () => {
  const { exitCode, stdout } = await shakedown('doctor', '--json');
  expect(exitCode).toBe(0);
  const findings: { name: string; ok: boolean; found: string }[] = JSON.parse(stdout);
  const named = (wanted: string) => findings.find(({ name }) => name === wanted);
  expect(named('provider nspawn')).toMatchObject({
    ok: false,
    found: expect.stringContaining('it takes root'),
  });
  const chosen = named('a new scenario');
  expect(chosen).toMatchObject({
    ok: true,
    found: expect.stringMatching(/^the nodes are (docker|qemu) machines: /),
  });
  expect(chosen?.found).toContain('nspawn does not work here (it takes root, or sudo without a password)');
  // Where a user's containers have no systemd they are passed over.
  const systemd = !named('provider docker')?.found.includes('no systemd');
  expect(chosen?.found).toContain(systemd ? 'the nodes are docker' : 'docker machines have no systemd');
  // Of leases on machines all users see one another's.
  expect(named('leftovers')?.found).toMatch(
    /^none$|^0 runs here and (\d+) clusters .*, \1 of them of other folders$/,
  );
});

test('packages that this host lacks are told before there are machines', async () => {
  const config = files['config/main.config.ts'].replace(
    'checks: [',
    "packages: ['no-such-package'], checks: [",
  );
  write(folder, 'config/main.config.ts', config);
  const { exitCode, all } = await shakedown('run');
  write(folder, 'config/main.config.ts', files['config/main.config.ts']);
  expect([exitCode, all]).toEqual([
    3,
    expect.stringContaining('this user may not install them: no-such-package'),
  ]);
  expect(all).toContain('0 nodes');
});

test('a scenario with a systemd service passes, its checks by ssh, and leaves nothing', async () => {
  const { exitCode, all } = await shakedown('run');
  expect(exitCode, all).toBe(0);
  const run: RunResult = JSON.parse(readFileSync(`${folder}/.shakedown/runs/latest/run.json`, 'utf8'));
  expect(run.checks.map(({ name, verdict }) => `${verdict} ${name}`)).toEqual([
    'pass the port is open on node 0 (by ssh)',
    'pass the port is open on node 1 (by ssh)',
    'pass it answers on node 0 (by ssh)',
    'pass it answers on node 1 (by ssh)',
    'pass a client on the main host reaches a node',
    'pass a service that was stopped is not reached; nodes reach one another by name',
  ]);
  await expect.poll(machineProcesses).toBe('');
});

/** What makes machines; a helper of Podman's and a daemon of libvirt's may stay for a while. */
const machineProcesses = async () =>
  (await execa('pgrep', ['-u', user, '-a'], { reject: false })).stdout
    .split('\n')
    .filter(
      (line) => /qemu-system|slirp4netns|shakedown-vms|conmon/.test(line) && !line.includes('<defunct>'),
    )
    .join('\n');

test('virtual machines end with their maker, or are kept, switched off and on, and destroyed by another', async () => {
  const maker = (id: string, keep: boolean) => `
    await provider.create({ cluster: '${id}', machines: [{ id: 0, name: 'n0' }], options: { count: 1 }, login, shares: [] }, ctx);
    ${keep ? `await provider.keep({ id: '${id}' });` : ''}
    process.kill(process.pid, 'SIGKILL');`;
  await module(maker('fade11', false));
  expect(readdirSync(state)).toEqual(['fade11']);
  await expect.poll(machineProcesses).toBe('');
  await module(maker('fade12', true));
  const which = "{ cluster: { id: 'fade12' }, machine: 0 }";
  const printed = await module(`
    console.log(JSON.stringify(await provider.list(ctx)));
    await provider.powerOff(${which}, ctx);
    const off = await provider.snapshot({ ...${which}, name: 'a' }, ctx).catch((error) => error.message);
    await provider.powerOn(${which}, ctx);
    await provider.snapshot({ ...${which}, name: 'a' }, ctx);
    await provider.destroy({ id: 'fade12' }, ctx);
    await provider.destroy({ id: 'fade12' }, ctx);
    console.log(off);`);
  expect(printed.split('\n')).toEqual([
    expect.stringContaining('{"id":"fade12","kept":true,"ownerAlive":false}'),
    'the virtual machine is off',
  ]);
  expect(await machineProcesses()).toBe('');
  // Made by no run, it is nobody's: as those are that an older shakedown made.
  const { all: left } = await shakedown('reap');
  expect(left).toMatch(/left alone: qemu cluster fade11 of an unknown folder/);
  const { all } = await shakedown('reap', '--all');
  expect(all).toContain('destroyed qemu cluster fade11');
  expect(readdirSync(state)).toEqual([]);
});
const state = `${home}/.local/share/shakedown/qemu`;

/** Runs a module of that user's with a provider of virtual machines, and gives what it printed. */
async function module(body: string): Promise<string> {
  const main = join(import.meta.dirname, '../../main');
  const script = `
    import { QemuProvider } from '${main}/providers/qemu/qemu-provider.ts';
    import { loginForNewMachines } from '${main}/providers/login-for-new-machines.ts';
    const nothing = async () => undefined;
    const signal = AbortSignal.timeout(250_000);
    const ctx = { signal, emit() {}, log() {}, clock: Date.now, cacheDir: '${home}/.cache/shakedown', ledger: { record: nothing, remove: nothing } };
    const provider = new QemuProvider();
    const login = await loginForNewMachines({}, ctx.cacheDir);
    ${body}`;
  const [command = '', ...words] = [...asUser, process.execPath, '--input-type=module', '-e', script];
  const { all } = await execa(command, words, { cwd: home, env, reject: false, all: true, stdin: 'ignore' });
  return all;
}
