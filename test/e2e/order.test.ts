import { expect, test } from 'vitest';
import { clusterIds, leftovers, mainConfig, nodeConfig, readLatest, scenario, shakedown } from './harness.ts';

/** A service that is ready once its port accepts, and that writes down when it began. */
const echo = (name: string, port: number, more = '') =>
  `{ name: '${name}', command: 'date +%s%N >> /srv/shakedown/${name}.began; sleep 0.5; exec systemd-socket-activate -l ' + node.address + ':${port} --inetd -a cat', ready: { tcp: ${port} }, ${more} }`;

const began = (directory: string, node: number, service: string): bigint =>
  BigInt(readLatest(directory, `nodes/${node}/files/${service}.began`).trim());

test('services wait for those of other nodes, steps for what other nodes serve', async () => {
  const directory = scenario({
    'config/main.config.ts': mainConfig('nodes: nspawn({ count: 3 })'),
    'config/node.config.ts': `import { defineNode } from 'shakedown';
export default defineNode((node) => ({
  services: [
    ${echo('db', 7001, "after: 'first'")},
    ${echo('web', 7002, "after: { service: 'db' }")},
  ],
  setup: [
    { name: 'the first db', waitFor: { tcp: 7001, on: 'first' }, on: 'all', when: 'after' },
    { name: 'a file of the last', waitFor: { command: 'test -e /srv/shakedown/web.began', on: { node: 2 } }, on: 'first', when: 'after' },
    { name: 'a mark', run: 'touch /run/mark', on: 'first' },
    { name: 'the mark of the first', waitFor: { command: 'test -e /run/mark', on: 'first' } },
  ],
}));`,
  });
  const { exitCode, stdout, all } = await shakedown(directory, ['run']);
  expect(exitCode, all).toBe(0);
  const first = began(directory, 0, 'db');
  const others = [1, 2].map((node) => began(directory, node, 'db'));
  const webs = [0, 1, 2].map((node) => began(directory, node, 'web'));
  // All nodes have this machine's clock.
  for (const other of others) expect(other > first).toBe(true);
  for (const web of webs) for (const db of [first, ...others]) expect(web > db).toBe(true);
  expect(stdout).toContain('db waits for db on node 0');
  expect(await leftovers(clusterIds(directory))).toEqual([]);
});

test('where the first does not become ready, it is the cause, and nobody blames those that wait', async () => {
  const directory = scenario({
    'config/main.config.ts': mainConfig('nodes: nspawn({ count: 2 })'),
    'config/node.config.ts': `import { defineNode } from 'shakedown';
export default defineNode({
  services: [{ name: 'db', command: 'exec sleep 1000', ready: { tcp: 7001 }, readyWithin: 2, after: 'first' }],
});`,
  });
  const { exitCode, stdout, all } = await shakedown(directory, ['run']);
  expect(exitCode, all).toBe(1);
  expect(stdout).toMatch(
    /Node 0 .*start: service 'db' was not ready after 2 s; last probe: connection refused on port 7001 of 127\.0\.0\.1.*: nothing listens on it; ports that listen: 22/,
  );
  expect(stdout).not.toMatch(/Node 1 .*db/);
});

test('what a step waits for in vain is told with what was asked', async () => {
  const directory = scenario({
    'config/main.config.ts': mainConfig('nodes: nspawn({ count: 2 })'),
    'config/node.config.ts': nodeConfig(
      "setup: [{ name: 'the db', waitFor: { tcp: 7001, on: 'first' }, timeout: 1 }]",
    ),
  });
  const { exitCode, stdout, all } = await shakedown(directory, ['run']);
  expect(exitCode, all).toBe(1);
  expect(stdout).toMatch(/set-up step 'the db': port 7001 of node0 \(10\.[\d.]+\) was not there after 1 s/);
});
