import { eventually, expect, test } from 'shakedown/check';

test('all members are in one cluster', async ({ cluster }) => {
  for (const node of cluster.nodes) {
    const size = await node.sh(
      `mariadb -BNe "SELECT variable_value FROM information_schema.global_status WHERE variable_name = 'wsrep_cluster_size'"`,
    );
    expect(size, `as ${node.name} sees it`).toBe('3');
  }
});

test('what one member writes, the others read', async ({ cluster }) => {
  await cluster
    .node(0)
    .sh(
      'mariadb -e "CREATE OR REPLACE DATABASE trial; CREATE TABLE trial.t (v INT PRIMARY KEY); INSERT INTO trial.t VALUES (42)"',
    );
  for (const node of cluster.nodes)
    await eventually(async () => expect(await node.sh('mariadb -BNe "SELECT v FROM trial.t"')).toBe('42'));
});

test('a member that was killed comes back with what it missed', async ({ cluster }) => {
  const [one, other] = [cluster.node(0), cluster.node(2)];
  await other.service('mariadb').kill();
  await one.sh('mariadb -e "INSERT INTO trial.t VALUES (43)"');
  await other.service('mariadb').start();
  expect(await other.sh('mariadb -BNe "SELECT max(v) FROM trial.t"')).toBe('43');
});
