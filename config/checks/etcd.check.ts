import { type Cluster, type ClusterNode, eventually, expect, test } from 'shakedown/check';

/** Asks one member by etcdctl on the main host, and gives what it prints. */
async function etcdctl({ main }: Cluster, node: ClusterNode, command: string): Promise<string> {
  // The node's address, or where this host has no route to that a way through its ssh.
  const endpoint = `http://${await node.endpoint(2379)}`;
  return main.sh(`ETCDCTL_API=3 etcdctl --endpoints=${endpoint} --command-timeout=5s ${command}`);
}

/** The member that its endpoint status names as the leader. */
async function findLeader(cluster: Cluster, nodes = cluster.nodes) {
  for (const node of nodes) {
    const [{ Status }] = JSON.parse(await etcdctl(cluster, node, 'endpoint status -w json'));
    if (Status.header.member_id === Status.leader) return node;
  }
  throw new Error('no member says that it is the leader');
}

test('all three members are healthy', async ({ cluster }) => {
  await eventually(async () => {
    for (const node of cluster.nodes) {
      const [{ health }] = JSON.parse(await etcdctl(cluster, node, 'endpoint health -w json'));
      expect(health, `${node.name} is healthy`).toBe(true);
    }
  });
  const { members } = JSON.parse(await etcdctl(cluster, cluster.node(0), 'member list -w json'));
  const names = members.map((member: { name: string }) => member.name);
  expect(names.toSorted()).toEqual(cluster.nodes.map((node) => node.name));
});

test('a write through one member is read from the others', async ({ cluster }) => {
  const [writer, ...readers] = cluster.nodes;
  if (!writer) throw new Error('the cluster has no nodes');
  const value = `written through ${writer.name}`;
  await etcdctl(cluster, writer, `put shakedown/shared '${value}'`);
  for (const reader of readers) {
    const read = await etcdctl(cluster, reader, 'get --print-value-only shakedown/shared');
    expect(read, `as ${reader.name} has it`).toBe(value);
  }
});

test('with the leader stopped the other two still accept writes', async ({ cluster }) => {
  const leader = await eventually(() => findLeader(cluster));
  const others = cluster.nodes.filter((node) => node !== leader);

  await leader.service('etcd').stop();
  try {
    for (const node of others) {
      // An election takes about a second; until it is over, writes wait or fail.
      await eventually(() => etcdctl(cluster, node, `put shakedown/leaderless 'through ${node.name}'`));
    }
    const next = await eventually(() => findLeader(cluster, others));
    expect(next.name, 'the new leader').not.toBe(leader.name);
  } finally {
    await leader.service('etcd').start();
  }
});

test('a member that was stopped catches up when it comes back', async ({ cluster }) => {
  const [first, ...others] = cluster.nodes;
  const last = others.at(-1);
  if (!first || !last) throw new Error('the cluster has fewer than two nodes');

  await last.service('etcd').stop();
  try {
    await eventually(() => etcdctl(cluster, first, "put shakedown/missed 'while it was away'"));
  } finally {
    await last.service('etcd').start();
  }

  await eventually(async () => {
    // Serializable: from the member's own data, without asking the others.
    const read = await etcdctl(cluster, last, 'get --consistency=s --print-value-only shakedown/missed');
    expect(read, `as ${last.name} has it`).toBe('while it was away');
  });
});
