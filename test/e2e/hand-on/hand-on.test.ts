import { join } from 'node:path';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import {
  Connecting,
  isFetching,
  leftOn,
  nodeCache,
  nodesThatLackIt,
  slowDown,
} from './nodes-that-lack-it.ts';

/*
 * The agent's runtime on nodes that have none, from node to node. Who has a turn when is
 * test/main/agent/hand-on's; here is what sockets, firewalls, disks and kills make of it.
 */

const fetchedFrom = (address: string) =>
  expect.stringMatching(`^fetched .*/node from ${address}: \\d+ bytes`);
const sent = expect.stringMatching(/^sent .*\/node: \d+ bytes/);
const notFetched = (address: string, why: string) =>
  expect.stringMatching(`not fetched from ${address}, ${why}: the main host sends it`);

test('the first node has it from the main host, the others from the first; then nobody listens', async () => {
  const [first, ...others] = await nodesThatLackIt(3);
  if (!first) throw new Error('there are no nodes');
  const connecting = new Connecting();
  await connecting.agentOn(first);
  await Promise.all(others.map((node) => connecting.agentOn(node)));
  expect(connecting.told.of(first)).toEqual([sent]);
  const { address } = first.machine;
  for (const node of others) expect(connecting.told.of(node)).toEqual([fetchedFrom(address)]);
  for (const node of [first, ...others]) {
    const { files, listening } = await leftOn(node);
    expect(files).toEqual([
      expect.stringMatching(/^agent-.*\.cjs$/),
      expect.stringMatching(/^agent-.*\.pack$/),
      'node',
      expect.stringMatching(/\.read$/),
    ]);
    expect(listening).toBe('');
    expect(await node.sh(`stat -c '%U %a' ${nodeCache}/node-*/node`)).toBe('root 755');
  }
});

test('nodes with a firewall between them have it from the main host', async () => {
  const [first, ...others] = await nodesThatLackIt(3);
  if (!first) throw new Error('there are no nodes');
  await first.sh(
    'nft add table ip wall; nft "add chain ip wall in { type filter hook input priority 0; }"; nft add rule ip wall in tcp dport != 22 ct state new drop',
  );
  const connecting = new Connecting();
  await connecting.agentOn(first);
  await Promise.all(others.map((node) => connecting.agentOn(node)));
  const unreached = notFetched(first.machine.address, 'which could not be reached from here');
  for (const node of others) expect(connecting.told.of(node)).toEqual([unreached, sent]);
});

test('a node that dies in the middle is no loss to the one that fetches', async () => {
  const [first, second] = await nodesThatLackIt(2);
  if (!first || !second) throw new Error('there are no nodes');
  const connecting = new Connecting();
  await connecting.agentOn(first);
  await slowDown(first);
  const coming = connecting.agentOn(second);
  await isFetching(second);
  await first.sh('pkill -9 -f /agent-');
  await coming;
  const { address } = first.machine;
  expect(connecting.told.of(second)).toEqual([notFetched(address, 'from which too little came'), sent]);
  // What was fetched in part goes when the one who fetched it has noticed.
  const left = async () => (await leftOn(second)).files.join(' ');
  await expect.poll(left, { timeout: 30_000 }).toMatch(/^agent-\S+\.cjs agent-\S+\.pack node \S+\.read$/);
});

test('a node that gives other bytes is believed nothing, and that is told', async () => {
  const [first, second] = await nodesThatLackIt(2);
  if (!first || !second) throw new Error('there are no nodes');
  const connecting = new Connecting();
  await connecting.agentOn(first);
  await first.sh(
    `cd ${nodeCache}/node-*; cp node evil; printf evil | dd of=evil bs=1 seek=1000 conv=notrunc; mv evil node`,
  );
  await connecting.agentOn(second);
  const { address } = first.machine;
  expect(connecting.told.of(second)).toEqual([notFetched(address, 'which gave other bytes'), sent]);
  expect(connecting.told.notes).toEqual([
    `${address} gave other bytes than the runtime's, of which none was used`,
  ]);
});

test('a node whose disk is full by then says so', async () => {
  const [first, second] = await nodesThatLackIt(2);
  if (!first || !second) throw new Error('there are no nodes');
  await second.sh(`mkdir ${nodeCache} && mount -t tmpfs -o size=160M,mode=755 none ${nodeCache}`);
  const connecting = new Connecting();
  await connecting.agentOn(first);
  await slowDown(first);
  const coming = connecting.agentOn(second).catch((error: unknown) => error);
  await isFetching(second);
  await second.sh(`dd if=/dev/zero of=${nodeCache}/full bs=1M count=100`);
  expect(await coming).toMatchObject({ message: expect.stringContaining('no space left on the node') });
  expect((await leftOn(second)).files).toEqual(['full']);
  expect(connecting.told.of(second)).toEqual([]);
});

test('where the main host is killed in the middle, nobody listens and nothing is taken for whole', async () => {
  const nodes = await nodesThatLackIt(2);
  const [first, second] = nodes;
  if (!first || !second) throw new Error('there are no nodes');
  const machines = JSON.stringify(nodes.map(({ machine }) => machine));
  const mainHost = execa(process.execPath, [join(import.meta.dirname, 'main-host.ts'), machines, nodeCache], {
    reject: false,
  });
  onTestFinished(() => void mainHost.kill('SIGKILL'));
  await expect.poll(() => first.sh(`ls ${nodeCache}`), { timeout: 60_000 }).toContain('agent-');
  await slowDown(first);
  await isFetching(second);
  mainHost.kill('SIGKILL');
  await mainHost;
  await expect.poll(() => leftOn(first), { timeout: 30_000 }).toMatchObject({ listening: '' });
  await expect.poll(() => leftOn(second), { timeout: 30_000 }).toEqual({ files: [], listening: '' });
  const connecting = new Connecting();
  await connecting.agentOn(second);
  expect(connecting.told.of(second)).toEqual([sent]);
});
