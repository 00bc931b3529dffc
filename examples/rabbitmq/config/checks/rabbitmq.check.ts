import { type ClusterNode, eventually, expect, test } from 'shakedown/check';
import scenario from '../main.config.ts';

const credentials = Buffer.from(`${scenario.user}:${scenario.password}`).toString('base64');

/** Asks a node's management API (https://www.rabbitmq.com/docs/management); its answer, if it has one. */
async function api<Answer>(node: ClusterNode, method: string, path: string, body?: object): Promise<Answer> {
  const response = await fetch(`http://${node.address}:15672/api/${path}`, {
    method,
    headers: { authorization: `Basic ${credentials}`, 'content-type': 'application/json' },
    signal: AbortSignal.timeout(10_000),
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} on ${node.name}: ${response.status} ${text}`);
  return (text === '' ? undefined : JSON.parse(text)) as Answer;
}

interface Queue {
  readonly leader: string;
  readonly online: readonly string[];
}

const publish = (node: ClusterNode, queue: string, payload: string) =>
  api<{ routed: boolean }>(node, 'POST', 'exchanges/%2F/amq.default/publish', {
    ...{ routing_key: queue, payload, payload_encoding: 'string', properties: { delivery_mode: 2 } },
  });

const take = (node: ClusterNode, queue: string) =>
  api<{ payload: string }[]>(node, 'POST', `queues/%2F/${queue}/get`, {
    ...{ count: 10, ackmode: 'ack_requeue_false', encoding: 'auto' },
  });

test('the three nodes are one cluster', async ({ cluster }) => {
  const expected = cluster.nodes.map((node) => `rabbit@${node.name}`);
  for (const node of cluster.nodes) {
    await eventually(async () => {
      const members = await api<{ name: string; running: boolean }[]>(node, 'GET', 'nodes');
      const running = members.filter((member) => member.running).map((member) => member.name);
      expect(running.toSorted(), `the running nodes as ${node.name} sees them`).toEqual(expected);
    });
  }
});

test('a message published on one node is read on another', async ({ cluster }) => {
  const queue = 'shakedown-shared';
  await api(cluster.node(0), 'PUT', `queues/%2F/${queue}`, { durable: true });
  expect(await publish(cluster.node(1), queue, 'through node 1')).toEqual({ routed: true });
  const messages = await eventually(async () => {
    const found = await take(cluster.node(2), queue);
    expect(found).toHaveLength(1);
    return found;
  });
  expect(messages[0]?.payload).toBe('through node 1');
});

test('a quorum queue survives a stopped node', { timeout: 180_000 }, async ({ cluster }) => {
  const queue = 'shakedown-quorum';
  const path = `queues/%2F/${queue}`;
  await api(cluster.node(0), 'PUT', path, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
  const { leader } = await eventually(async () => {
    const found = await api<Queue>(cluster.node(0), 'GET', path);
    expect(found.online).toHaveLength(3);
    return found;
  });
  const stopped = cluster.node(leader.replace('rabbit@', ''));
  const [first, second] = cluster.nodes.filter((node) => node.id !== stopped.id);
  if (!first || !second) throw new Error('the cluster has fewer than three nodes');
  await publish(stopped, queue, 'before');

  await stopped.service('rabbitmq').stop();
  try {
    await eventually(async () => expect(await publish(first, queue, 'meanwhile')).toEqual({ routed: true }));
    const seen: string[] = [];
    await eventually(async () => {
      seen.push(...(await take(second, queue)).map((message) => message.payload));
      expect(new Set(seen)).toEqual(new Set(['before', 'meanwhile']));
    });
  } finally {
    await stopped.service('rabbitmq').start();
  }

  await eventually(async () => expect((await api<Queue>(first, 'GET', path)).online).toHaveLength(3), {
    within: 60,
  });
});
