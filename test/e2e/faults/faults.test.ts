import { readFileSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openLedgers } from '../../../main/store/file-ledger.ts';
import {
  clusterIds,
  latest,
  leftovers,
  mainConfig,
  nodeConfig,
  readLatest,
  scenario,
  shakedown,
  start,
  until,
  write,
} from '../harness.ts';
import { machineThatExists } from '../machine-that-exists.ts';

/** Answers with what it is told on a TCP port. */
const echo =
  "packages: ['iptables'], services: [{ name: 'echo', command: 'exec systemd-socket-activate -l 7070 --inetd -a cat', ready: { tcp: 7070 } }]";

/** What a port answers within so many seconds: plenty where it shall, few where it shall not. */
const connects = `
const tries = (to, port, seconds) => \`timeout \${seconds} bash -c 'exec 3<>/dev/tcp/\${to}/\${port}; echo hi >&3; read -r line <&3; echo "$line"'\`;
`;

test('a port of a node that is dropped answers nobody until it is healed', async () => {
  const directory = scenario({
    'config/main.config.ts': mainConfig("nodes: nspawn({ count: 2 }), checks: ['config/checks/*.check.ts']"),
    'config/node.config.ts': nodeConfig(echo),
    'config/checks/drop.check.ts': `
import { expect, test } from 'shakedown/check';
${connects}
test('drops a port', async ({ cluster }) => {
  const [other, node] = cluster.nodes;
  const told = async (seconds) => {
    const asked = [other, cluster.main, node].map((from) => from.exec(tries(node.address, 7070, seconds)));
    return (await Promise.all(asked)).map(({ stdout }) => stdout);
  };
  expect(await told(60)).toEqual(['hi\\n', 'hi\\n', 'hi\\n']);
  const fault = await node.dropPort(7070);
  expect(await told(2)).toEqual(['', '', '']);
  expect(await other.sh('hostname'), 'its ssh goes on').toBe(other.name);
  await fault.heal();
  await fault.heal();
  expect(await told(60)).toEqual(['hi\\n', 'hi\\n', 'hi\\n']);
  expect(await node.sh('nft list tables')).toBe('');
});
test('refuses the port of ssh', async ({ cluster }) => {
  await expect(cluster.node(1).dropPort(22)).rejects.toThrow('Port 22 cannot be dropped: by ssh shakedown itself reaches the node.');
  await expect(cluster.node(1).dropPort(0)).rejects.toThrow('expected a port number');
});
test('drops datagrams, too', async ({ cluster }) => {
  const node = cluster.node(0);
  await using _fault = await node.dropPort(9);
  await node.sh('bash -c "for n in 1 2 3; do echo x > /dev/udp/127.0.0.1/9; done"');
  expect(await node.sh('nft list ruleset')).toMatch(/udp dport 9 counter packets [4-9]/);
});
test('does it by iptables where there is no nft, and says what is missing', async ({ cluster }) => {
  const node = cluster.node(1);
  await node.sh('mv /usr/sbin/nft /root');
  const line = (seconds) => tries(node.address, 7070, seconds);
  const fault = await node.dropPort(7070);
  expect((await cluster.node(0).exec(line(2))).exitCode).not.toBe(0);
  await fault.heal();
  expect(await cluster.node(0).sh(line(60))).toBe('hi');
  expect(await node.sh('iptables-save; ip6tables-save')).not.toContain('shakedown');
  await node.sh('rm /usr/sbin/iptables');
  await expect(node.dropPort(7070)).rejects.toThrow("neither nft nor iptables");
});
test('leaves one for the end', async ({ cluster }) => {
  await cluster.node(0).dropPort(7070);
});
`,
  });
  const run = await shakedown(directory, ['run']);
  expect(run.exitCode, run.all).toBe(0);
  const events = readFileSync(join(latest(directory), 'events.ndjson'), 'utf8');
  expect(
    events.match(/no longer: packets to port 7070 are dropped/g),
    'the last one with the checks',
  ).toHaveLength(3);
});

test('a borrowed node whose port is dropped when shakedown is killed is healed by reap', async () => {
  const there = await machineThatExists();
  const directory = scenario({
    'config/main.config.ts': mainConfig(
      `nodes: ssh(['root@${there.address}']), checks: ['config/checks/*.check.ts']`,
    ),
    'config/checks/drop.check.ts': `
import { test } from 'shakedown/check';
test('drops a port', async ({ cluster }) => {
  await cluster.node(0).dropPort(7070);
  await new Promise(() => undefined);
});
`,
  });
  write(directory, 'home/.ssh/known_hosts', `${there.address} ${there.hostKey}\n`);
  const env = { HOME: join(directory, 'home'), SSH_AUTH_SOCK: '' };
  const killed = start(directory, ['run', '-k', there.keyFile], env);
  await until(directory, 'packets to port 7070 are dropped');
  killed.kill('SIGKILL');
  await killed;
  expect(readLatest(directory, 'ledger')).toContain('"fault":"dropPort"');
  expect(await there.onNode('nft list tables')).toMatch(/^table inet shakedown_[0-9a-f]{6}_1$/);
  const reap = await shakedown(directory, ['reap'], env);
  expect(reap.exitCode, reap.all).toBe(0);
  expect(reap.all).toContain('fault shakedown_');
  expect(await there.onNode('nft list tables')).toBe('');
});

test('kept machines whose port is dropped when shakedown is killed are healed by the next run, by reap, and go with down', async () => {
  const directory = scenario({
    'config/main.config.ts': mainConfig("nodes: nspawn({ count: 1 }), checks: ['config/checks/*.check.ts']"),
    'config/node.config.ts': nodeConfig("packages: ['nftables']"),
    'config/checks/drop.check.ts': `
import { expect, test } from 'shakedown/check';
test('drops a port, or finds none dropped', async ({ cluster }) => {
  const node = cluster.node(0);
  expect(await node.sh('nft list tables')).toBe('');
  if ((await cluster.main.exec('test -e hang')).exitCode !== 0) return;
  await node.dropPort(7070);
  await new Promise(() => undefined);
});
`,
  });
  const first = await shakedown(directory, ['run', '--keep']);
  expect(first.exitCode, first.all).toBe(0);
  const killARerun = async () => {
    write(directory, 'hang', '');
    const before = realpathSync(latest(directory));
    const killed = start(directory, ['rerun', '--from', 'check']);
    await expect.poll(() => realpathSync(latest(directory)), { timeout: 60_000 }).not.toBe(before);
    await until(directory, 'packets to port 7070 are dropped');
    killed.kill('SIGKILL');
    await killed;
    rmSync(join(directory, 'hang'));
    expect(readLatest(directory, 'ledger')).toContain('"fault":"dropPort"');
    const tables = await shakedown(directory, ['exec', '0', '--', 'nft', 'list', 'tables']);
    expect(tables.stdout).toMatch(/^table inet shakedown_[0-9a-f]{6}_1$/);
  };
  await killARerun();
  const next = await shakedown(directory, ['rerun', '--from', 'check']);
  expect(next.exitCode, next.all).toBe(0);
  expect(next.all).toContain('which was killed: fault shakedown_');

  await killARerun();
  const reap = await shakedown(directory, ['reap']);
  expect(reap.exitCode, reap.all).toBe(0);
  expect((await shakedown(directory, ['exec', '0', '--', 'nft', 'list', 'tables'])).stdout).toBe('');

  await killARerun();
  const down = await shakedown(directory, ['down']);
  expect(down.exitCode, down.all).toBe(0);
  expect(await openLedgers(directory)).toEqual([]);
  expect(await leftovers(clusterIds(directory))).toEqual([]);
});
