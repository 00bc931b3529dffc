import { expect, test } from 'vitest';
import { configCommand } from '../../../../main/commands/scenario/config.ts';
import { scenarioOf } from '../../config/scenario-folder.ts';
import { runCommand } from '../command-run.ts';

const folder = () =>
  scenarioOf({
    nodes: 'nspawn({ count: 2 })',
    main: "packages: ['curl'], token: 'a b'",
    node: "dataDir: ({ id }) => '/data/' + id, peers: (node, { nodes }) => nodes.length",
  });

test('prints each value in force and where it came from', async () => {
  const { directory } = folder();
  const { code, stdout } = await runCommand(configCommand, {
    cwd: directory,
    options: { set: 'timeouts.start=7' },
  });
  expect(code).toBe(0);
  const rows = stdout.split('\n').map((line) => line.split(/ {2,}/));
  expect(rows).toContainEqual(['timeouts.start', '7', 'flag']);
  expect(rows).toContainEqual(['timeouts.stop', '60', 'default']);
  expect(rows).toContainEqual(['packages[0]', 'curl', 'config/main.config.ts']);
  expect(rows).toContainEqual(['token', '"a b"', 'config/main.config.ts']);
  expect(rows).toContainEqual(['node_config.workingDir', '/srv/shakedown', 'default']);
});

test('what a factory of checks fills in, and the kind of machine that works here, are defaults', async () => {
  const { directory } = scenarioOf({
    nodes: 'machines({ count: 1 })',
    main: "checks: [tcp({ port: 22 }), http({ url: ':80/', status: 204, name: 'up' }), command({ command: 'true', within: 3 })]",
  });
  const { stdout } = await runCommand(configCommand, {
    cwd: directory,
    options: { set: 'checks[0].within=5' },
  });
  const origins = new Map(stdout.split('\n').map((line) => [line.split(' ')[0], line.split(/ {2,}/).at(-1)]));
  const file = 'config/main.config.ts';
  expect(Object.fromEntries(origins)).toMatchObject({
    'nodes.provider': 'default',
    'nodes.options.count': file,
    'checks[0].kind': file,
    'checks[0].port': file,
    'checks[0].name': 'default',
    'checks[0].within': 'flag',
    'checks[0].on': 'default',
    'checks[1].name': file,
    'checks[1].status': file,
    'checks[1].within': 'default',
    'checks[2].within': file,
    'checks[2].exitCode': 'default',
  });
});

test('what differs between nodes is told for each, what does not once', async () => {
  const { stdout } = await runCommand(configCommand, { cwd: folder().directory });
  const rows = stdout.split('\n').map((line) => line.split(/ {2,}/));
  expect(rows).toContainEqual(['node_config.dataDir (node 0)', '/data/0', 'config/node.config.ts']);
  expect(rows).toContainEqual(['node_config.dataDir (node 1)', '/data/1', 'config/node.config.ts']);
  expect(rows).toContainEqual(['node_config.peers', '2', 'config/node.config.ts']);
});

test('permission bits are told as one writes them', async () => {
  const { directory } = scenarioOf(
    {
      nodes: 'nspawn({ count: 1 })',
      node: "place: [{ from: 'a', to: '/etc/a', mode: 0o640 }]",
    },
    { 'node_files/a': '' },
  );
  const { stdout } = await runCommand(configCommand, { cwd: directory });
  expect(stdout).toMatch(/^node_config\.place\[0\]\.mode +0o640 +config\/node\.config\.ts$/m);
});

test('--json is for programs', async () => {
  const { directory } = folder();
  const { stdout } = await runCommand(configCommand, {
    cwd: '/',
    args: [directory],
    options: { json: true },
  });
  const { directory: told, values } = JSON.parse(stdout);
  expect(told).toBe(directory);
  expect(values).toContainEqual({ path: 'nodes.options.count', value: 2, origin: 'config/main.config.ts' });
  expect(values).toContainEqual({
    path: 'node_config.dataDir',
    value: '/data/1',
    origin: 'config/node.config.ts',
    nodes: [1],
  });
});

test('the order in which services are started, where it is more than each node’s own', async () => {
  const { directory } = scenarioOf({
    nodes: 'nspawn({ count: 3 })',
    node: "services: [{ name: 'mariadb', unit: 'mariadb', after: 'first' }]",
  });
  const { stdout } = await runCommand(configCommand, { cwd: directory });
  expect(stdout).toContain(
    'Services are started in this order, those of a line side by side:\n  1  mariadb on node0\n  2  mariadb on node1, node2\n',
  );
  const json = JSON.parse(
    (await runCommand(configCommand, { cwd: directory, options: { json: true } })).stdout,
  );
  expect(json.order).toEqual([
    [{ service: 'mariadb', nodes: ['node0'] }],
    [{ service: 'mariadb', nodes: ['node1', 'node2'] }],
  ]);
});
