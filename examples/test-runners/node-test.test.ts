// A cluster inside Node's own test runner:  node --test node-test.test.ts
import assert from 'node:assert/strict';
import { after, afterEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openCluster } from 'shakedown';

// The etcd scenario that shakedown brings; yours is a folder with config/ and node_files/.
const scenario = fileURLToPath(new URL('../..', import.meta.url));

// The hooks tell the cluster of failed tests, for its report, and close it after the last one.
const cluster = await openCluster(scenario, { hooks: { after, afterEach } });

test('what one member is told the others know', async () => {
  const [first, , third] = cluster.nodes;
  assert.equal(await first?.sh('etcdctl put colour green'), 'OK');
  assert.equal(await third?.sh('etcdctl get --print-value-only colour'), 'green');
});

test('a member that is stopped catches up', async () => {
  const etcd = cluster.node(2).service('etcd');
  await etcd.stop();
  await cluster.node(0).sh('etcdctl put colour blue');
  await etcd.start();
  assert.equal(await cluster.node(2).sh('etcdctl get --print-value-only colour'), 'blue');
});
