import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  clusterIds,
  latest,
  leftovers,
  mainConfig,
  readLatest,
  result,
  scenario,
  shakedown,
  write,
} from '../harness.ts';

/** A unit that the boot starts, and one that it does not. */
const unit = (name: string) =>
  `[Service]\nExecStart=/bin/sh -c 'echo ${name} begins; exec sleep infinity'\n[Install]\nWantedBy=multi-user.target\n`;

const files = {
  'config/main.config.ts': mainConfig("nodes: nspawn({ count: 2 }), checks: ['config/checks/*.check.ts']"),
  'config/node.config.ts': `import { defineNode } from 'shakedown';
const place = (name: string) => ({ from: name, to: '/etc/systemd/system/' + name });
export default defineNode({
  place: [place('enabled.service'), place('static.service')],
  setup: [{ name: 'enable', run: 'systemctl enable enabled' }],
  services: [
    { name: 'loop', command: 'exec sh loop.sh' },
    { name: 'enabled', unit: 'enabled', ready: { log: 'begins' } },
    { name: 'static', unit: 'static' },
  ],
});
`,
  'node_files/enabled.service': unit('enabled'),
  'node_files/static.service': unit('static'),
};

const imports = "import { eventually, expect, test } from 'shakedown/check';\n";

const faults = `${imports}
const states = (node) => Promise.all(['loop', 'enabled', 'static'].map(async (name) => (await node.service(name).status()).state));
const boot = (node) => node.sh('cat /proc/sys/kernel/random/boot_id');

test('a reboot', async ({ cluster }) => {
  const [node, other] = cluster.nodes;
  const before = await Promise.all([boot(node), boot(other)]);
  await node.sh('echo kept > /srv/shakedown/kept; sync');
  const waiting = node.sh('sleep 1000').catch((error) => error.message);
  await node.reboot();
  expect(await waiting).toMatch(/broken off: the node was restarted|was ended by/);
  expect(await boot(node)).not.toBe(before[0]);
  expect(await boot(other)).toBe(before[1]);
  expect(await node.readFile('/srv/shakedown/kept')).toBe('kept\\n');
  await eventually(async () => expect(await states(node)).toEqual(['stopped', 'ready', 'stopped']));
  for (const name of ['loop', 'enabled', 'static']) await node.service(name).start();
  expect(await states(node)).toEqual(['ready', 'ready', 'ready']);
  expect(await node.sh('journalctl -b -u enabled | grep -c begins')).toBe('1');
});

test('a power cut', async ({ cluster }) => {
  const [node, other] = cluster.nodes;
  await node.sh('echo written > /srv/shakedown/written');
  await node.powerOff();
  await node.powerOff();
  expect((await other.exec('ping -c1 -W1 ' + node.name)).exitCode).toBe(1);
  await expect(node.sh('true')).rejects.toThrow("it is off: the check 'a power cut' switched it off");
  await expect(node.reboot()).rejects.toThrow('it is off');
  await Promise.all([node.powerOn(), node.powerOn()]);
  expect(await node.sh('cat /srv/shakedown/written')).toBe('written');
});

test('a way back', async ({ cluster }) => {
  const node = cluster.node(1);
  await node.snapshot('before');
  await node.sh('echo late > /srv/shakedown/late; rm /srv/shakedown/loop.sh');
  await node.restore('before');
  expect(await node.sh('ls /srv/shakedown')).not.toContain('late');
  await node.service('loop').start();
  await expect(node.restore('nosuch')).rejects.toThrow("no snapshot 'nosuch'; it has: before");
  await expect(node.snapshot('No Name')).rejects.toThrow('cannot be the name of a snapshot');
});
`;

/** Leaves a node off, after a check of another file has met one that is lost without anybody's meaning it. */
const left = `${imports}
test('is lost and found', async ({ cluster }) => {
  const node = cluster.node(1);
  await node.exec('systemctl poweroff -ff').catch(() => undefined);
  await expect(async () => { for (;;) await node.exec('sleep 0.1'); }).rejects.toThrow();
  await node.powerOff();
  await node.powerOn();
  expect(await node.sh('echo back')).toBe('back');
});
test('leaves it off', async ({ cluster }) => { await cluster.node(0).powerOff(); });
`;

test('a check reboots a node, cuts its power and takes it back; what was before comes home, and the rest goes on', async () => {
  const directory = scenario({
    ...files,
    'config/checks/1-faults.check.ts': faults,
    'config/checks/2-left.check.ts': left,
  });
  const run = await shakedown(directory, ['run', '--keep']);
  expect(run.exitCode, run.all).toBe(0);
  const { checks, failures, machineActs = [], collectProblems } = result(directory);
  expect(checks.map(({ name, verdict }) => `${verdict} ${name}`)).toEqual([
    'pass a reboot',
    'pass a power cut',
    'pass a way back',
    'pass is lost and found',
    'pass leaves it off',
  ]);
  expect({ failures, collectProblems }).toEqual({ failures: [], collectProblems: {} });
  expect(
    machineActs.map(({ node, act, by = 'the run', verdict }) => `${node} ${act} ${by}: ${verdict}`),
  ).toEqual([
    '0 reboot a reboot: pass',
    '0 powerOff a power cut: pass',
    '0 reboot a power cut: error',
    '0 powerOn a power cut: pass',
    '1 snapshot a way back: pass',
    '1 restore a way back: pass',
    '1 restore a way back: error',
    '1 powerOff is lost and found: pass',
    '1 powerOn is lost and found: pass',
    '0 powerOff leaves it off: pass',
    '0 powerOn the run: pass',
  ]);
  // A machine may have its journal in memory only, and a restored disk has lost what came since.
  const before = (name: string) => readLatest(directory, `nodes/0/before/${name}`);
  expect(before('1-reboot/logs/enabled.log')).toContain('enabled begins');
  expect(before('2-powerOff/logs/static.log')).toContain('static begins');
  expect(readLatest(directory, 'nodes/1/before/2-restore/files/late')).toBe('late\n');
  expect(existsSync(join(latest(directory), 'nodes/1/files/late'))).toBe(false);
  expect(readLatest(directory, 'nodes/0/logs/loop.log').match(/looping/g)).toHaveLength(2);
  expect(readLatest(directory, 'nodes/0/tester.log')).toContain("reboot, by the check 'a reboot'");
  expect(readLatest(directory, 'report.html')).toContain('What was done to the nodes');

  // Kept, the machines are there for other processes, the snapshot too.
  const all = async (...args: string[]) => {
    const { exitCode, stdout, stderr } = await shakedown(directory, ['nodes', ...args]);
    return `${exitCode} ${stdout}${stderr}`.replace(/ \([\d.]+ m?s\)/g, '');
  };
  expect(await all('restore', 'node1', '--name', 'before')).toBe("0 node1: restore 'before'");
  expect(await all('power', 'off', '0', '0')).toBe('0 node0: power off');
  expect(await all('reboot', '0')).toMatch(/^3 shakedown: Node 0 \(.*\): .*node 0 is off/);
  expect(await all('power', 'on', '0')).toBe('0 node0: power on');
  write(
    directory,
    'config/checks/1-faults.check.ts',
    `${imports}test('a reboot', ({ cluster }) => cluster.node(1).reboot());`,
  );
  write(
    directory,
    'config/checks/2-left.check.ts',
    `${imports}test('again', ({ cluster }) => cluster.node(1).sh('true'));`,
  );
  const rerun = await shakedown(directory, ['rerun', '--from', 'start']);
  expect(rerun.exitCode, rerun.all).toBe(0);
  expect(await shakedown(directory, ['down'])).toMatchObject({ exitCode: 0 });
  expect(await leftovers(clusterIds(directory))).toEqual([]);
});

test('a node that does not come back is told, with the end of its console; a service that dies after a boot is told too', async () => {
  const directory = scenario({
    ...files,
    'config/main.config.ts': mainConfig(
      "nodes: nspawn({ count: 2 }), timeouts: { boot: 6 }, checks: ['config/checks/*.check.ts']",
    ),
    'config/checks/a.check.ts': `${imports}
      const breakSshd = async (node) => {
        await node.sh('systemctl disable ssh.service ssh.socket; systemctl mask ssh.service ssh.socket');
        await node.reboot();
      };
      const killAfterBoot = async (node) => {
        await node.reboot();
        // The agent begins to watch when the boot is over.
        await node.exec('systemctl is-system-running --wait; sleep 5; systemctl kill -s KILL enabled');
      };
      test('breaks one', async ({ cluster: { nodes } }) => {
        const [broken] = await Promise.allSettled([breakSshd(nodes[0]), killAfterBoot(nodes[1])]);
        throw broken.reason;
      });
      test('meets it', ({ cluster }) => cluster.node(0).sh('true'));
      test('meets another', ({ cluster }) => cluster.node(1).sh('sleep 1'));`,
  });
  const run = await shakedown(directory, ['run']);
  expect(run.exitCode, run.all).not.toBe(0);
  const { checks, failures } = result(directory);
  expect(checks.map(({ verdict }) => verdict)).toEqual(['error', 'error', 'pass']);
  expect(checks[0]?.message).toMatch(
    /^Node 0 \(10\..*\): it did not come back after 'reboot': no ssh answer .* within 6 s[\s\S]*\n {2}\| .*[\s\S]*timeouts: \{ boot: SECONDS \}/,
  );
  expect(checks[1]?.message).toContain("it did not come back after 'reboot'");
  const messages = failures.map(({ message, node }) => `${node ?? '-'} ${message.split('\n')[0]}`);
  expect(messages).toContain("1 service 'enabled' ended unasked by signal SIGKILL");
  expect(messages).toContainEqual(expect.stringContaining("check 'breaks one': Node 0"));
});

test('each part of a mixed cluster does what its kind can, and its nodes know one another after it', async () => {
  const directory = scenario({
    'config/main.config.ts': `import { defineMain, docker, machines, mixed } from 'shakedown';
export default defineMain({
  nodes: mixed([docker({ count: 1 }), machines({ count: 1 })]),
  checks: ['config/checks/*.check.ts'],
});
`,
    'config/checks/a.check.ts': `${imports}
      const know = async (one, other) => {
        await one.sh('getent hosts ' + other.name);
        await other.sh('ping -c1 -W20 ' + one.name);
      };
      for (const id of [0, 1]) test('reboots ' + id, async ({ cluster }) => {
        const [one, other] = [cluster.node(id), cluster.node(1 - id)];
        await know(one, other);
        await one.reboot();
        await know(one, other);
        expect((await one.service('loop').status()).state).toBe('stopped');
        expect((await other.service('loop').start()).state).toBe('ready');
      });
      test('cuts the power', async ({ cluster }) => {
        const [one, other] = cluster.nodes;
        await one.powerOff();
        expect((await other.exec('ping -c1 -W1 ' + one.name)).exitCode).toBe(1);
        await one.powerOn();
        await know(one, other);
      });
      test('snapshots', async ({ cluster }) => {
        await cluster.node(1).snapshot('before');
        await expect(cluster.node(0).snapshot('before')).rejects.toThrow(
          /^Node 0 .*machines of kind docker cannot be taken back to a snapshot; those of these kinds can: nspawn/);
      });`,
  });
  const run = await shakedown(directory, ['run']);
  expect(run.exitCode, run.all).toBe(0);
  const { checks, machineActs = [] } = result(directory);
  expect(checks.map(({ verdict }) => verdict)).toEqual(['pass', 'pass', 'pass', 'pass']);
  expect(machineActs.map(({ node, act }) => `${act} ${node}`)).toEqual([
    'reboot 0',
    'reboot 1',
    'powerOff 0',
    'powerOn 0',
    'snapshot 1',
  ]);
  expect(await leftovers(clusterIds(directory))).toEqual([]);
});
