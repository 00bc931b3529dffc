import { expect, test } from 'vitest';
import type { Node } from '../../../main/cluster/node.ts';
import type { WaitFor } from '../../../main/config/node/node-config.ts';
import { OtherNodes } from '../../../main/phases/other-nodes.ts';
import { waitFor } from '../../../main/phases/wait-for.ts';

const signal = new AbortController().signal;
const facts = [
  { id: 0, name: 'a', address: '10.0.0.2', role: 'db' },
  { id: 1, name: 'b', address: '10.0.0.3', role: 'db' },
  { id: 2, name: 'c', address: 'fd00::4', role: 'web' },
];

/** What node 1 asks, and of whom it has it asked: `[asking node, probe]`. */
async function askedFor(what: WaitFor, problem?: string): Promise<unknown[]> {
  const asked: unknown[] = [];
  const others = new OtherNodes();
  const nodes = facts.map((machine) => {
    const call = async (_: string, { probe }: { probe: unknown }) => {
      asked.push([machine.id, probe]);
      return problem === undefined ? {} : { problem };
    };
    const node = { id: machine.id, machine, config: { workingDir: '/srv' }, agent: { call } };
    return node as unknown as Node;
  });
  for (const node of nodes) others.isConnected(node);
  const step = { name: 'db is up', waitFor: what };
  await waitFor(nodes[1] as Node, step, { nodes: facts, others, within: 5, signal });
  return asked;
}

test('a port of its own, and of a host that is named', async () => {
  expect(await askedFor({ tcp: 80 })).toEqual([[1, { tcp: 80 }]]);
  expect(await askedFor({ tcp: 80, host: 'db.example' })).toEqual([[1, { tcp: 80, host: 'db.example' }]]);
});

test('a port of other nodes, at their addresses; of its own at any', async () =>
  expect(await askedFor({ tcp: 80, on: 'all' })).toEqual([
    [1, { tcp: 80, host: '10.0.0.2' }],
    [1, { tcp: 80 }],
    [1, { tcp: 80, host: 'fd00::4' }],
  ]));

test('a URL, or what follows the addresses of nodes', async () => {
  expect(await askedFor({ http: 'https://x/up', status: 204 })).toEqual([
    [1, { http: 'https://x/up', status: 204 }],
  ]);
  expect(await askedFor({ http: ':81/up' })).toEqual([[1, { http: 'http://127.0.0.1:81/up' }]]);
  expect(await askedFor({ http: ':81/up', on: { role: 'web' } })).toEqual([
    [1, { http: 'http://[fd00::4]:81/up' }],
  ]);
});

test('a command, which other nodes run themselves', async () => {
  expect(await askedFor({ command: 'true' })).toEqual([[1, { command: 'true' }]]);
  expect(await askedFor({ command: 'true', on: { node: 2 } })).toEqual([[2, { command: 'true' }]]);
});

test('what does not come is told with the node’s name, and what was wrong the last time', async () => {
  await expect(askedFor({ tcp: 80, on: 'first' }, 'connection refused on 10.0.0.2:80')).rejects.toThrow(
    "set-up step 'db is up': port 80 of a (10.0.0.2) was not there after 5 s; last try: connection refused on 10.0.0.2:80",
  );
});

test('a node that is never connected is waited for until the signal says that the work is over', async () => {
  const work = new AbortController();
  const waiting = new OtherNodes().node(3, work.signal);
  work.abort(new Error('another node failed'));
  await expect(waiting).rejects.toThrow('another node failed');
});
