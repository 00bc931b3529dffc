import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { InstallParams } from '../../common/protocol/installation.ts';
import type { ServiceSpec } from '../../common/ready.ts';
import type { ServiceDied } from '../../common/service-status.ts';
import type { Agent } from '../../main/agent/agent.ts';
import { agentShares } from '../../main/agent/agent-shares.ts';
import type { AgentRights } from '../../main/agent/install.ts';
import { startAgent } from '../../main/agent/start-agent.ts';
import { cacheDirectory } from '../../main/context/cache-directory.mjs';
import { loginForNewMachines } from '../../main/providers/login-for-new-machines.ts';
import { NspawnProvider } from '../../main/providers/nspawn/nspawn-provider.ts';
import type { Machine, Share } from '../../main/providers/provider.ts';
import type { Remote } from '../../main/remotes/remote.ts';
import { connectSsh } from '../../main/remotes/ssh-remote.ts';
import { runContext } from '../fakes/run-context.ts';

/*
 * The agent on real machines, with systemd, apt and sudo: what test/node-agent cannot have.
 * The nodes' user is not root. The tests go on from one another only by the packages that
 * are there; each begins with `clean`.
 */
const cacheDir = cacheDirectory(process.env);
const signal = new AbortController().signal;
const provider = new NspawnProvider();
const ctx = runContext({ signal, cacheDir });
const clusters: string[] = [];
const work = '/srv/shakedown/work';

let machine: Machine;
let remote: Remote;
let agent: Agent;
let died: ServiceDied[];
let told: string[];

async function boot(shares: readonly Share[]): Promise<Machine> {
  const cluster = randomBytes(3).toString('hex');
  clusters.push(cluster);
  const login = await loginForNewMachines({ user: 'tester' }, cacheDir);
  const machines = [{ id: 0, name: 'node0' }];
  const made = await provider.create({ cluster, machines, options: { count: 1 }, login, shares }, ctx);
  const [first] = made.machines;
  if (!first) throw new Error('no machine was made');
  return first;
}

const connect = (to: Machine): Promise<Remote> => connectSsh(to.ssh, { signal, timeout: 200 });

async function begin(over: Remote, runId = 'e2e', rights: AgentRights = 'root'): Promise<Agent> {
  const tell = (line: string) => void told.push(line);
  const started = await startAgent(over, {
    cacheDir,
    runId,
    rights,
    listener: { log: tell, progress: tell },
    signal,
    log: tell,
  });
  started.onServiceDied((one) => void died.push(one));
  return started;
}

/** A root shell on the node. */
async function sh(command: string, stdin?: string): Promise<string> {
  const result = await remote.exec(command, {
    root: true,
    timeout: 60,
    ...(stdin === undefined ? {} : { stdin }),
  });
  return (result.stdout + result.stderr).trim();
}

const install = (params: Partial<InstallParams>) =>
  agent.call('install', {
    packages: [],
    debs: [],
    sources: [],
    listsMaxAge: 86_400,
    lockWait: 60,
    ...params,
  });

const start = (service: Partial<ServiceSpec> & { name: string }) =>
  agent.call('startService', { workingDir: work, service: { readyWithin: 30, stopWithin: 10, ...service } });

const clean = () => agent.call('clean', { workingDir: work, keep: [] });

/** Makes a unit of a shell command. */
const writeUnit = (name: string, command: string, more = '') =>
  sh(
    `cat > /etc/systemd/system/${name}.service && systemctl daemon-reload`,
    `[Service]\nExecStart=/bin/sh -c '${command}'\n${more}\n`,
  );

/** Builds a package without content, on the node; gives its path. */
const buildDeb = (name: string, fields: string, postinst: string) =>
  sh(
    `set -e; d=/srv/debs/${name}; mkdir -p $d/DEBIAN; cat > $d/DEBIAN/control; ` +
      `printf '%s\\n' '#!/bin/sh' ${JSON.stringify(postinst)} > $d/DEBIAN/postinst; chmod 755 $d/DEBIAN/postinst; ` +
      `dpkg-deb -b $d ${join('/srv/debs', `${name}.deb`)} >/dev/null; echo /srv/debs/${name}.deb`,
    `Package: ${name}\nVersion: 1.0\nArchitecture: all\nMaintainer: Test <test@example.org>\nDescription: a test\n${fields}`,
  );

beforeAll(async () => {
  told = [];
  died = [];
  machine = await boot(await agentShares(cacheDir));
  remote = await connect(machine);
  agent = await begin(remote);
});

beforeEach(async () => {
  await clean();
  died = [];
  told = [];
});

afterAll(async () => {
  await agent?.[Symbol.asyncDispose]();
  await remote?.[Symbol.asyncDispose]();
  for (const id of clusters) await provider.destroy({ id }, ctx);
});

describe('reaching a node', () => {
  test('where the machine sees the agent through a share nothing is sent; root comes by sudo', async () => {
    expect(agent.info).toMatchObject({ systemd: true, hostname: 'node0', os: { id: 'debian' } });
    expect(
      await sh("ls /var/cache/shakedown | grep -vc 'read$'"),
      'the runtime, the agent and its pack',
    ).toBe('3');
    expect((await agent.exec('id -un', { root: true })).stdout).toBe('root\n');
  });

  test('where it does not, the agent is sent, once', async () => {
    const other = await connect(await boot([]));
    told = [];
    const first = await begin(other);
    expect(told.filter((line) => line.startsWith('sent '))).toHaveLength(3);
    await first[Symbol.asyncDispose]();
    told = [];
    const second = await begin(other);
    expect(told).toEqual([]);
    await second[Symbol.asyncDispose]();
    await other[Symbol.asyncDispose]();
  });

  test('tasks run as the user that logged in, as root, or as anybody', async () => {
    const who = 'id -un; pwd; echo "$SUDO_USER"';
    expect((await agent.exec(who)).stdout).toBe('tester\n/home/tester\n\n');
    expect((await agent.exec(who, { root: true })).stdout).toBe('root\n/root\ntester\n');
    expect((await agent.exec('id -un', { user: 'daemon', cwd: '/' })).stdout).toBe('daemon\n');
    // What it starts by sudo has another environment, and is ended all the same.
    const { left } = await agent.exec('sudo sleep 3000 & sleep 0.5', { leftovers: 'kill' });
    expect(left.map(({ command }) => command)).toContain('sleep 3000');
    expect(await sh('pgrep -fx "sleep 3000" || echo none')).toBe('none');
  });

  test('a task of root has a control group, from which nothing escapes; one of who is not root has its marks', async () => {
    const inBackground = (command: string, seconds: number) =>
      `(${command} sleep ${seconds} >/dev/null 2>&1 &); until pgrep -fx "sleep ${seconds}" >/dev/null; do :; done`;
    const escaping = (seconds: number) => inBackground('setsid env -i', seconds);
    const none = (seconds: number) => sh(`pgrep -fx "sleep ${seconds}" || echo none`);
    const { left } = await agent.exec(escaping(3500), { leftovers: 'kill' });
    expect(left).toMatchObject([{ command: 'sleep 3500' }]);
    expect(await none(3500)).toBe('none');
    expect((await agent.exec(escaping(3600), { root: true })).left).toMatchObject([
      { command: 'sleep 3600' },
    ]);
    expect(await none(3600)).not.toBe('none');
    // To systemd it is still what its login belongs to.
    expect(await sh('ps -o unit= -C sleep')).toMatch(/ssh|session/);
    await clean();
    expect(await none(3600)).toBe('none');

    const mine = await begin(remote, 'mine', 'login');
    const marked = await mine.exec(`${inBackground('setsid', 3700)}; ${escaping(3800)}`);
    expect(marked.left).toMatchObject([{ command: 'sleep 3700' }]);
    await mine[Symbol.asyncDispose]();
    expect(await none(3700)).toBe('none');
    await sh('pkill -fx "sleep 3800"');
  });

  test('an agent with the rights of the user that logs in runs beside one of root', async () => {
    const mine = await begin(remote, 'mine', 'login');
    expect((await mine.exec('id -un')).stdout).toBe('tester\n');
    await expect(mine.exec('true', { root: true })).rejects.toThrow(
      "the agent on the node runs as 'tester', and nothing can be run as 'root' by it",
    );
    const { left } = await mine.exec('sleep 4000 & true');
    expect(left).toHaveLength(1);
    await mine[Symbol.asyncDispose]();
    expect(await sh('pgrep -fx "sleep 4000" || echo none')).toBe('none');
  });

  test('a second run is refused, and told who has the node', async () => {
    await expect(begin(remote, 'another')).rejects.toThrow(/^the node is in use by run e2e of .*@/);
  });
});

describe('packages', () => {
  test('come in without their daemons starting; what is there costs nothing', async () => {
    const packages = ['etcd-server', 'etcd-client'];
    const { installed, heldBack } = await install({ packages });
    expect(installed.map(({ name }) => name)).toEqual(expect.arrayContaining(packages));
    expect(heldBack).toEqual(['etcd']);
    expect(await sh('systemctl is-active etcd; ls /usr/sbin/policy-rc.d')).toMatch(
      /^inactive\n.*No such file/s,
    );
    await sh('mv /usr/bin/apt-get /usr/bin/dpkg /root');
    expect(await install({ packages }), 'without apt or dpkg').toEqual({ installed: [], heldBack: ['etcd'] });
    await sh('mv /root/apt-get /root/dpkg /usr/bin');
  });

  test('one that does not exist is an error with apt’s own words', async () => {
    await expect(install({ packages: ['no-such-package'] })).rejects.toMatchObject({
      verdict: 'error',
      details: {
        message: "package 'no-such-package' does not exist in the node's package sources",
        lastLines: expect.arrayContaining([
          expect.stringContaining('Unable to locate package no-such-package'),
        ]),
      },
    });
  });

  test('a version that does not exist, too', async () => {
    await expect(install({ packages: ['etcd-server=99'] })).rejects.toThrow(
      "'etcd-server' does not exist in version 99",
    );
  });

  test('a .deb whose own script fails is the package’s fault', async () => {
    const deb = await buildDeb('broken', '', 'echo out of order >&2; exit 1');
    await expect(install({ debs: [deb] })).rejects.toMatchObject({
      verdict: 'fail',
      details: {
        message: "package 'broken' could not be set up by dpkg",
        lastLines: expect.arrayContaining(['out of order']),
      },
    });
    await sh('dpkg --purge --force-all broken');
  });

  test('a .deb comes in with its dependencies', async () => {
    const deb = await buildDeb('mine', 'Depends: netcat-openbsd\n', 'true');
    const { installed } = await install({ debs: [deb] });
    expect(installed.map(({ name }) => name).sort()).toEqual(['mine', 'netcat-openbsd']);
  });

  test('a held lock is waited for, and named when the wait is over', async () => {
    const deb = await buildDeb('slowlock', '', 'sleep 4');
    const holder = sh(`apt-get install -y ${deb}`);
    await vi.waitFor(async () => expect(await sh('pgrep -x apt-get')).not.toBe(''));
    await expect(install({ packages: ['tree'], lockWait: 1 })).rejects.toThrow(
      /the package system is locked by \d+/,
    );
    const { installed } = await install({ packages: ['tree'], lockWait: 60 });
    expect(installed.map(({ name }) => name)).toContain('tree');
    await holder;
  });

  test('an agent that is killed while apt works leaves nothing behind, and the next one mends dpkg', async () => {
    await sh("printf '#!/bin/sh\\nexit 104\\n' > /usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d");
    const deb = await buildDeb('slow', '', '[ -e /srv/quick ] || sleep 1000');
    const installing = install({ debs: [deb] });
    installing.catch(() => {});
    await vi.waitFor(async () => expect(await sh('pgrep -fx "sleep 1000"')).not.toBe(''), 20_000);
    expect(await sh('cat /usr/sbin/policy-rc.d')).toContain('shakedown');
    await sh(`kill -9 ${agent.info.pid}`);
    await expect(installing).rejects.toThrow(/ended by SIGKILL|exit code 137/);
    await vi.waitFor(async () => {
      expect(await sh('cat /usr/sbin/policy-rc.d')).toBe('#!/bin/sh\nexit 104');
      expect(await sh('pgrep -x apt-get; pgrep -fx "sleep 1000"')).toBe('');
    });
    agent = await begin(remote);
    await sh('touch /srv/quick; rm /usr/sbin/policy-rc.d');
    expect((await install({ debs: [deb] })).installed).toMatchObject([{ name: 'slow', version: '1.0' }]);
    expect(await sh('dpkg --audit')).toBe('');
  });
});

describe('systemd units', () => {
  const etcd = { name: 'etcd', unit: 'etcd', ready: { http: 'http://127.0.0.1:2379/health' } };

  test('start until ready, stop, start again', async () => {
    const first = await start(etcd);
    expect(first).toMatchObject({ state: 'ready', pid: expect.any(Number) });
    expect(await start(etcd)).toMatchObject({ pid: first.pid });
    expect(await agent.call('stopService', { name: 'etcd' })).toMatchObject({ state: 'stopped' });
    expect(await sh('systemctl is-active etcd')).toBe('inactive');
    expect(await start({ ...etcd, ready: { log: 'ready to serve client requests' } })).toMatchObject({
      state: 'ready',
    });
    expect(died).toEqual([]);
  });

  test('runs in quick succession do not use up its start limit; one that fails by itself does', async () => {
    await writeUnit(
      'often',
      'exec sleep 1000',
      'Type=simple\n[Unit]\nStartLimitBurst=2\nStartLimitIntervalSec=600',
    );
    for (let time = 0; time < 4; time += 1) {
      expect(await start({ name: 'often', unit: 'often' })).toMatchObject({ state: 'ready' });
      await agent.call('stopService', { name: 'often' });
    }
    const crashes = 'Restart=always\nRestartSec=0\n[Unit]\nStartLimitBurst=2\nStartLimitIntervalSec=600';
    await writeUnit('crashing', 'exit 4', crashes);
    await expect(start({ name: 'crashing', unit: 'crashing' })).rejects.toThrow("service 'crashing'");
    expect(await sh('journalctl -u crashing -o cat | grep -c "Started crashing"')).toBe('2');
  });

  test('one that is killed behind our back is told at once, with its last lines', async () => {
    await writeUnit('loop', 'echo looping; exec sleep 1000');
    await start({ name: 'loop', unit: 'loop', ready: { log: 'looping' } });
    await sh('systemctl kill -s KILL loop');
    await vi.waitFor(() => expect(died).toHaveLength(1));
    expect(died[0]).toMatchObject({
      name: 'loop',
      signal: 'SIGKILL',
      lastLines: expect.arrayContaining(['looping']),
    });
    expect(await agent.call('services', {})).toMatchObject([{ name: 'loop', state: 'died' }]);
    expect(await start({ name: 'loop', unit: 'loop' })).toMatchObject({ state: 'ready' });
  });

  test('one that is killed on purpose is not, and systemd may start it again', async () => {
    await writeUnit('loop', 'exec sleep 1000', 'Restart=always\nRestartSec=0.3');
    const { pid } = await start({ name: 'loop', unit: 'loop' });
    await agent.call('killService', { name: 'loop', signal: 'KILL', restart: true });
    await vi.waitFor(async () => {
      const [status] = await agent.call('services', {});
      expect(status?.pid).toBeDefined();
      expect(status?.pid).not.toBe(pid);
    });
    expect(died).toEqual([]);
    expect(told).toContain('loop was ended by SIGKILL; systemd starts it again');
  });

  test('one that is killed on purpose stays down until it is started, though its unit says otherwise', async () => {
    await writeUnit('loop', 'exec sleep 1000', 'Restart=always\nRestartSec=0.1');
    await start({ name: 'loop', unit: 'loop' });
    expect(await agent.call('killService', { name: 'loop', signal: 'KILL' })).toMatchObject({
      state: 'stopped',
    });
    await sh('sleep 1');
    expect(await agent.call('services', {})).toMatchObject([{ name: 'loop', state: 'stopped' }]);
    expect(await sh('systemctl is-active loop')).toBe('failed');
    const { pid } = await start({ name: 'loop', unit: 'loop' });
    // Started again it is as it was: systemd restarts it.
    await sh('systemctl kill -s KILL loop');
    await vi.waitFor(async () => {
      const [status] = await agent.call('services', {});
      expect(status).toMatchObject({ state: 'ready', pid: expect.any(Number) });
      expect(status?.pid).not.toBe(pid);
    });
    await agent.call('killService', { name: 'loop', signal: 'KILL' });
    await clean();
    expect(await sh('ls /run/systemd/system/*/zz-shakedown* 2>/dev/null')).toBe('');
  });

  test('one that waits for systemd to start it again says so', async () => {
    await writeUnit('loop', 'exec sleep 1000', 'Restart=always\nRestartSec=5');
    await start({ name: 'loop', unit: 'loop' });
    await agent.call('killService', { name: 'loop', signal: 'KILL', restart: true });
    expect(await agent.call('services', {})).toMatchObject([{ name: 'loop', state: 'restarting' }]);
  });

  test('one that systemd starts again and again has not started', async () => {
    await writeUnit('loop', 'echo no config; exit 4', 'Restart=always\nRestartSec=0.1\nStartLimitInterval=0');
    await expect(start({ name: 'loop', unit: 'loop' })).rejects.toThrow(
      "service 'loop' ended with exit code 4 while it started",
    );
    // With a probe that one decides, and each end is told.
    await sh('rm -f /srv/tries');
    await writeUnit(
      'loop',
      'echo x >> /srv/tries; [ $(wc -l < /srv/tries) -lt 3 ] && exit 4; exec sleep 1000',
      'Restart=always\nRestartSec=0.1\nStartLimitInterval=0',
    );
    const ready = { command: '[ $(wc -l < /srv/tries) -ge 3 ]' };
    expect(await start({ name: 'loop', unit: 'loop', ready })).toMatchObject({ state: 'ready' });
    expect(told).toContain('loop ended with exit code 4; systemd starts it again');
  });

  test('one that systemd takes for up though its processes are gone has died', async () => {
    const script = 'setsid sleep 1000 >/dev/null 2>&1 &';
    await writeUnit('init', script, 'Type=forking\nRemainAfterExit=yes\nGuessMainPID=no');
    await start({ name: 'init', unit: 'init' });
    await sh('pkill -fx "sleep 1000"');
    await vi.waitFor(() => expect(died).toMatchObject([{ name: 'init' }]));
    expect(await agent.call('services', {})).toMatchObject([{ name: 'init', state: 'died' }]);
    await start({ name: 'init', unit: 'init' });
    expect(await agent.call('killService', { name: 'init', signal: 'KILL' })).toMatchObject({
      state: 'stopped',
    });
    expect(await start({ name: 'init', unit: 'init' })).toMatchObject({ state: 'ready' });
    expect(await sh('pgrep -c -fx "sleep 1000"')).toBe('1');
    expect(died).toHaveLength(1);
  });

  test('one that cannot start fails at once with what systemd says', async () => {
    await writeUnit('bad', 'echo no config here; exit 3', 'Type=notify');
    await expect(start({ name: 'bad', unit: 'bad' })).rejects.toMatchObject({
      verdict: 'fail',
      details: {
        message: "service 'bad' failed: systemd could not start it",
        command: 'systemctl start bad',
        lastLines: expect.arrayContaining([
          'no config here',
          expect.stringContaining('code=exited, status=3'),
        ]),
      },
    });
  });

  test('one that ends right after its start fails too', async () => {
    await writeUnit('brief', 'echo bye; exit 4');
    await expect(start({ name: 'brief', unit: 'brief' })).rejects.toThrow(
      "service 'brief' ended with exit code 4 while it started",
    );
  });

  test('one that never becomes ready fails after its time, with the last probe', async () => {
    await writeUnit('loop', 'exec sleep 1000');
    await expect(start({ name: 'loop', unit: 'loop', ready: { tcp: 4 }, readyWithin: 1 })).rejects.toThrow(
      "service 'loop' was not ready after 1 s; last probe: connection refused on port 4",
    );
    await writeUnit('silent', 'exec sleep 1000', 'Type=notify');
    await expect(start({ name: 'silent', unit: 'silent', readyWithin: 1 })).rejects.toThrow(
      "service 'silent' was not ready after 1 s; last probe: systemd is still starting it",
    );
  });

  test('one that does not exist, or is masked, says so', async () => {
    await expect(start({ name: 'x', unit: 'nothing-like-it' })).rejects.toThrow(
      "the unit 'nothing-like-it' does not exist",
    );
    await sh('systemctl mask masked.service');
    await expect(start({ name: 'x', unit: 'masked' })).rejects.toThrow("the unit 'masked' is masked");
  });

  test('one that ran before is restarted for its new config, and runs again in the end', async () => {
    await writeUnit('before', 'cat /srv/shakedown/work/greeting; exec sleep 1000');
    await sh(`mkdir -p ${work}; echo new config > ${work}/greeting; systemctl start before`);
    const old = await sh(
      'systemctl show -P MainPID before 2>/dev/null || systemctl show --value -p MainPID before',
    );
    const { pid } = await start({ name: 'before', unit: 'before', ready: { log: 'new config' } });
    expect(String(pid)).not.toBe(old);
    await agent.call('stopService', { name: 'before' });
    await clean();
    expect(await sh('systemctl is-active before')).toBe('active');
    await sh('systemctl stop before; rm /etc/systemd/system/before.service');
  });

  test('a unit file that is placed is known to systemd, and gone after `clean`', async () => {
    await sh(`mkdir -p ${work}; printf '[Service]\\nExecStart=/bin/sleep 1000\\n' > ${work}/placed.service`);
    const to = '/etc/systemd/system/placed.service';
    await agent.call('place', { files: [{ from: `${work}/placed.service`, to }] });
    expect(await start({ name: 'placed', unit: 'placed' })).toMatchObject({ state: 'ready' });
    expect((await clean()).restored).toEqual([to]);
    expect(await sh('systemctl show -p LoadState,ActiveState placed')).toBe(
      'LoadState=not-found\nActiveState=inactive',
    );
  });

  test('what the installation held back is started on request', async () => {
    const startAll = () => agent.call('startHeldBack', { except: ['other.service'] });
    expect(await agent.call('startHeldBack', { except: ['etcd.service'] })).toEqual({ started: [] });
    await sh('systemctl disable etcd');
    expect(await startAll()).toEqual({ started: [] });
    expect(told).toContainEqual(
      expect.stringContaining("'etcd', which its package would have started, is disabled"),
    );
    await sh('systemctl enable etcd');
    expect(await startAll()).toEqual({ started: ['etcd'] });
    expect(await sh('systemctl is-active etcd')).toBe('active');
    expect(await startAll()).toEqual({ started: [] });
    await clean();
    expect(await sh('systemctl is-active etcd')).toBe('inactive');
    expect((await install({ packages: ['etcd-server'] })).heldBack).toEqual(['etcd']);
  });
});

describe('the rest of a node', () => {
  test('a command runs as another user, with its groups and home', async () => {
    await sh('groupadd -f extra; usermod -aG extra tester');
    const command = 'id -un; id -Gn; echo $HOME; exec sleep 1000';
    const { lastLines } = await start({ name: 'mine', command, user: 'tester', ready: { log: '/home' } });
    expect(lastLines).toEqual(['tester', 'tester extra', '/home/tester']);
  });

  test('a placed file has its mode and owner, and what was there comes back', async () => {
    await sh(
      `mkdir -p ${work}; echo new > ${work}/conf; echo old > /etc/app.conf; chown tester /etc/app.conf; chmod 640 /etc/app.conf`,
    );
    await agent.call('place', {
      files: [{ from: `${work}/conf`, to: '/etc/app.conf', mode: 0o600, owner: 'nobody:tester' }],
    });
    expect(await sh('stat -c "%U:%G %a" /etc/app.conf; cat /etc/app.conf')).toBe('nobody:tester 600\nnew');
    await clean();
    expect(await sh('stat -c "%U:%G %a" /etc/app.conf; cat /etc/app.conf')).toBe('tester:root 640\nold');
  });

  test('something that is mounted in the working directory is not emptied', async () => {
    await sh(`mkdir -p ${work}/data; mount -t tmpfs tmpfs ${work}/data; echo precious > ${work}/data/file`);
    await expect(clean()).rejects.toThrow(`something is mounted on ${work}/data`);
    expect(await sh(`cat ${work}/data/file; umount ${work}/data`)).toBe('precious');
  });

  test('a full disk is told, and does not keep the evidence from coming home', async () => {
    await sh(
      `mkdir -p /srv/small ${work}; mount -t tmpfs -o size=64k tmpfs /srv/small; head -c 200000 /dev/urandom > ${work}/big`,
    );
    try {
      await expect(
        agent.call('place', { files: [{ from: `${work}/big`, to: '/srv/small/big' }] }),
      ).rejects.toMatchObject({
        details: { message: 'no space left on /srv/small', hint: expect.stringContaining('df -h') },
      });
      await sh('head -c 100000 /dev/zero > /srv/small/fill');
      const plan = await agent.call('planCollection', {
        workingDir: work,
        globs: ['/srv/small/*'],
        maxFileSize: 1e9,
      });
      expect(plan).toEqual({ paths: [work, '/srv/small/fill'], unmatched: [], problems: [] });
    } finally {
      await sh('umount /srv/small');
    }
  });

  test('its reports work, each of them', async () => {
    await writeUnit('bad', 'exit 3');
    await sh('systemctl start bad; sleep 0.2');
    const begun = Date.now() - 60_000;
    const text = new Map<string, string>();
    const keep = (name: string) => {
      text.set(name, '');
      return new Writable({
        write: (chunk, _encoding, done) => done(void text.set(name, text.get(name) + chunk)),
      });
    };
    expect(await agent.reports({ sinceMs: begun, units: ['etcd', 'bad'] }, keep)).toEqual([]);
    expect([...text.keys()]).toEqual(
      expect.arrayContaining(['journal.log', 'etcd.log', 'etcd.status.txt', 'sockets.txt']),
    );
    expect(text.get('packages.txt')).toMatch(/^etcd-server\t/m);
    expect(text.get('processes.txt')).toContain('systemd-journald');
    expect(text.get('sockets.txt')).toContain('sshd');
    expect(text.get('failed-units.txt')).toContain('status=3');
    expect(text.get('bad.status.txt')).toContain('bad.service');
    expect(text.get('journal.log')).toContain('bad.service');
    // What journalctl itself tells of the unit, as lines of the same form.
    const unit = await sh(`journalctl -q -o cat -u bad --since=@${Math.floor(begun / 1000)} | wc -l`);
    expect(text.get('bad.log')?.trimEnd().split('\n')).toHaveLength(Number(unit));
    expect(text.get('bad.log')).toMatch(/ systemd\[1\]: bad\.service: Main process exited.*status=3/);
    expect(text.get('bad.log')).not.toContain('etcd');
    expect(text.get('etcd.status.txt')).toMatch(/^\S etcd\.service - /);
    expect(text.get('bad.status.txt')).not.toContain('etcd.service');
  });
});

describe('when the main host goes away', () => {
  test('the connection’s end stops units and commands', async () => {
    await writeUnit('loop', 'exec sleep 1000');
    const own = await connect(machine);
    await agent[Symbol.asyncDispose]();
    const doomed = await begin(own);
    const service = { readyWithin: 60, stopWithin: 5 };
    await doomed.call('startService', {
      workingDir: work,
      service: { ...service, name: 'loop', unit: 'loop' },
    });
    await doomed.call('startService', {
      workingDir: '/',
      service: { ...service, name: 'cmd', command: 'exec sleep 2000' },
    });
    await own[Symbol.asyncDispose]();
    await vi.waitFor(async () => {
      expect(await sh('systemctl is-active loop; pgrep -fx "sleep 2000"; pgrep -f [a]gent-.*mjs')).toBe(
        'inactive',
      );
    }, 15_000);
    agent = await begin(remote);
  });
});
