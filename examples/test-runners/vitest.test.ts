// A cluster inside Vitest:  npx vitest run vitest.test.ts
import { fileURLToPath } from 'node:url';
import { openCluster } from 'shakedown';
import { afterAll, afterEach, expect, test } from 'vitest';

// The etcd scenario that shakedown brings; yours is a folder with config/ and node_files/.
const scenario = fileURLToPath(new URL('../..', import.meta.url));

// The hooks tell the cluster of failed tests, for its report, and close it after the last one.
const cluster = await openCluster(scenario, { hooks: { afterAll, afterEach } });

test('what one member is told the others know', async () => {
  const [first, , third] = cluster.nodes;
  expect(await first?.sh('etcdctl put colour green')).toBe('OK');
  expect(await third?.sh('etcdctl get --print-value-only colour')).toBe('green');
});

test('two of three go on when packets to the third are lost', async () => {
  await using _fault = await cluster.node(2).dropPort(2380);
  expect(await cluster.node(0).sh('etcdctl put colour blue')).toBe('OK');
}, 30_000);
