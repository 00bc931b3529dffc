import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../common/errors.ts';
import { loadScenario } from '../../../main/config/load.ts';
import { nodeFacts } from '../../../main/config/scenario.ts';
import { ScenarioFolder, scenarioOf } from './scenario-folder.ts';

const facts = [0, 1, 2].map((id) => ({ id, name: `node${id}`, address: `10.1.1.${id + 2}` }));
const [first = { id: 0, name: '', address: '' }] = facts;

describe('a scenario', () => {
  test('needs no more than its machines; all else has a default', async () => {
    const scenario = await scenarioOf().load();
    expect(scenario).toMatchObject({
      provider: 'nspawn',
      providerOptions: { count: 3 },
      machines: [
        { id: 0, name: 'node0' },
        { id: 1, name: 'node1' },
        { id: 2, name: 'node2' },
      ],
      login: {},
      packages: [],
      checks: [],
      checkFiles: [],
      nodeFiles: join(scenario.directory, 'node_files'),
    });
    expect(scenario.name).toBe(scenario.directory.split('/').at(-1));
    expect(scenario.nodeConfig(first, facts)).toEqual({
      workingDir: '/srv/shakedown',
      recommends: false,
      packages: [],
      aptSources: [],
      debs: [],
      services: [],
      setup: [],
      place: [],
      collect: [],
    });
  });

  test('may be written in JavaScript', async () => {
    const folder = new ScenarioFolder({
      'config/main.config.mjs': `import { nspawn } from 'shakedown'; export default { nodes: nspawn({ count: 1 }) };`,
      'config/node.config.js': 'export default { packages: ["curl"] };',
    });
    expect((await folder.load()).nodeConfig(first, facts).packages).toEqual(['curl']);
  });

  test('names and roles of nodes come from the provider’s options', async () => {
    const nodes = "nspawn({ nodes: [{ name: 'db', role: 'primary' }, { role: 'replica' }] })";
    expect((await scenarioOf({ nodes }).load()).machines).toEqual([
      { id: 0, name: 'db', role: 'primary' },
      { id: 1, name: 'node1', role: 'replica' },
    ]);
    const hosts = "ssh(['10.0.0.5', 'admin@db2:2222', { address: '10.0.0.7', name: 'c', role: 'replica' }])";
    expect((await scenarioOf({ nodes: hosts }).load()).machines).toEqual([
      { id: 0, name: 'node0' },
      { id: 1, name: 'db2' },
      { id: 2, name: 'c', role: 'replica' },
    ]);
  });

  test('an edited file counts at the next loading, and what it imports as well', async () => {
    const folder = scenarioOf(
      {},
      {
        'config/main.config.ts': `import { nspawn } from 'shakedown';
import { name } from './name.ts';
export default { nodes: nspawn({ count: 1 }), name };`,
        'config/name.ts': "export const name: string = 'before';",
      },
    );
    expect((await folder.load()).name).toBe('before');
    folder.write('config/name.ts', "export const name: string = 'after';");
    expect((await folder.load()).name).toBe('after');
  });

  test('variables of one’s own are there for templates', async () => {
    const folder = scenarioOf({
      main: "token: 'x', sizes: { a: 1 }",
      node: "dataDir: ({ id }) => '/data/' + id",
    });
    const scenario = await folder.load();
    expect(scenario.mainConfig).toMatchObject({ token: 'x', sizes: { a: 1 } });
    expect(scenario.nodeConfig(first, facts).dataDir).toBe('/data/0');
  });
});

describe('the node config', () => {
  test('may be a function of the node, and any part of it, at any depth', async () => {
    const folder = scenarioOf(
      { nodes: "nspawn({ nodes: [{ role: 'primary' }, {}, {}] })" },
      {
        'config/node.config.ts': `import { defineNode } from 'shakedown';
export default defineNode((node, { nodes }) => ({
  packages: node.id === 0 ? ['curl'] : [],
  services: (node) => [{ name: 'app', command: ({ address }) => \`app --listen \${address}\`, user: undefined }],
  setup: [{ name: 'join', run: (node, { nodes }) => \`join \${nodes.map((peer) => peer.address)}\` }],
  role: node.role ?? 'none',
  size: nodes.length,
}));`,
      },
    );
    const scenario = await folder.load();
    const primary = scenario.nodeConfig({ ...first, role: 'primary' }, facts);
    expect(primary).toMatchObject({
      packages: ['curl'],
      services: [{ name: 'app', command: 'app --listen 10.1.1.2' }],
      setup: [{ name: 'join', run: 'join 10.1.1.2,10.1.1.3,10.1.1.4', on: 'all', when: 'before' }],
      role: 'primary',
      size: 3,
    });
    expect(primary.services[0]).not.toHaveProperty('user');
  });

  test('.deb files become absolute', async () => {
    const scenario = await scenarioOf({ node: "debs: ['debs/app.deb']" }, { 'debs/app.deb': '' }).load();
    expect(scenario.nodeConfig(first, facts).debs).toEqual([join(scenario.directory, 'debs/app.deb')]);
  });

  test('a mistake that only a real address brings to light is told then', async () => {
    const node = "services: ({ address }) => address.startsWith('10.') ? [{ name: 'x' }] : []";
    const scenario = await scenarioOf({ node }).load();
    expect(() => scenario.nodeConfig(first, facts)).toThrow(
      /services\[0\]: .*exactly one of unit and command/,
    );
  });
});

describe('checks', () => {
  test('declared ones have defaults, and globs find files', async () => {
    const folder = scenarioOf(
      {
        main: `checks: [
          tcp({ port: 80 }),
          http({ url: ':80/health', body: /ok/ }),
          http({ url: 'http://127.0.0.1:9/' }),
          command({ command: 'true', on: { node: 1 }, stdout: 'x' }),
          'more/*.check.ts',
        ]`,
      },
      { 'more/a.check.ts': '', 'more/b.ts': '', 'config/checks/c.check.ts': '' },
    );
    const scenario = await folder.load();
    expect(scenario.checks).toEqual([
      { kind: 'tcp', name: 'port 80 accepts connections', within: 30, port: 80, on: 'all' },
      {
        kind: 'http',
        name: ':80/health answers 200',
        within: 30,
        url: ':80/health',
        on: 'all',
        status: 200,
        body: 'ok',
      },
      expect.objectContaining({ on: 'main' }),
      expect.objectContaining({ kind: 'command', on: { node: 1 }, exitCode: 0, stdout: 'x', name: 'true' }),
    ]);
    expect(scenario.checkFiles).toEqual([join(folder.directory, 'more/a.check.ts')]);
  });

  test('without a glob the check files of config/checks count, at any depth', async () => {
    const files = {
      'config/checks/a.check.ts': '',
      'config/checks/deep/b.check.ts': '',
      'config/checks/c.ts': '',
    };
    const { checkFiles, directory } = await scenarioOf({ main: 'checks: [tcp({ port: 1 })]' }, files).load();
    expect(checkFiles).toEqual([
      join(directory, 'config/checks/a.check.ts'),
      join(directory, 'config/checks/deep/b.check.ts'),
    ]);
  });
});

describe('flags', () => {
  test('win over the files', async () => {
    const folder = scenarioOf({ main: "sshUser: 'a', token: 'old'" }, { id: 'key', 'other/x': '' });
    const scenario = await folder.load({
      user: 'b',
      key: 'id',
      count: '5',
      nodeFiles: 'other',
      set: ['timeouts.start=7', 'token="12"', 'new.deep[0]=x', 'node_config.workingDir=/srv/x', 'name=a=b'],
    });
    expect(scenario).toMatchObject({
      name: 'a=b',
      login: { user: 'b', keyFile: join(folder.directory, 'id') },
      providerOptions: { count: 5 },
      nodeFiles: join(folder.directory, 'other'),
      timeouts: { start: 7, stop: 60 },
      mainConfig: { token: '12', new: { deep: ['x'] } },
    });
    expect(scenario.machines).toHaveLength(5);
    expect(scenario.nodeConfig(first, facts).workingDir).toBe('/srv/x');
  });

  test('--nodes takes machines over ssh, each with the role of the node at its place', async () => {
    const nodes = "nspawn({ nodes: [{ role: 'primary' }, {}] })";
    const scenario = await scenarioOf({ nodes }).load({ nodes: '10.0.0.5, admin@10.0.0.6:2222' });
    expect(scenario).toMatchObject({
      provider: 'ssh',
      providerOptions: { hosts: [{ address: '10.0.0.5', role: 'primary' }, 'admin@10.0.0.6:2222'] },
      machines: [{ name: 'node0', role: 'primary' }, { name: 'node1' }],
    });
  });

  describe('--provider', () => {
    test('makes the same machines of another kind, with what the config says of that kind', async () => {
      const nodes = "ssh([{ address: '10.0.0.5', role: 'primary' }, { address: '10.0.0.6', name: 'b' }])";
      const main = "providers: { nspawn: { packages: ['curl'], count: 7 } }";
      expect(await scenarioOf({ nodes, main }).load({ provider: 'nspawn' })).toMatchObject({
        provider: 'nspawn',
        providerOptions: { packages: ['curl'], nodes: [{ role: 'primary' }, { name: 'b' }] },
        machines: [{ name: 'node0', role: 'primary' }, { name: 'b' }],
      });
    });

    test('keeps the number, the system and the limits', async () => {
      const nodes = "machines({ count: 2, os: 'trixie', memory: '1G' })";
      const scenario = await scenarioOf({ nodes }).load({ provider: 'nspawn', count: '4' });
      expect(scenario.providerOptions).toEqual({ count: 4, os: 'trixie', memory: '1G' });
    });

    test('of machines that exist already takes them from the config', async () => {
      const main = "providers: { ssh: { hosts: ['10.0.0.7'] } }";
      expect(await scenarioOf({ main }).load({ provider: 'ssh' })).toMatchObject({
        provider: 'ssh',
        providerOptions: { hosts: ['10.0.0.7'] },
      });
      expect(await scenarioOf().mistakes({ provider: 'ssh' })).toEqual([
        expect.stringMatching(/^--provider: it has to know which machines: --nodes a,b,c, or providers: /),
      ]);
    });

    test('that does not exist is told, and so is one in the config', async () => {
      expect(await scenarioOf().mistakes({ provider: 'nspwan' })).toEqual([
        expect.stringMatching(/^--provider: found 'nspwan'; did you mean 'nspawn'\?/),
      ]);
      expect(await scenarioOf({ main: 'providers: { nspwan: {} }' }).mistakes()).toEqual([
        expect.stringMatching(
          /^config\/main\.config\.ts: providers\.nspwan: unknown key; did you mean 'nspawn'/,
        ),
      ]);
    });
  });

  test('--os is the system of all machines, whatever each one’s own', async () => {
    const nodes = "nspawn({ nodes: [{ os: 'bookworm', name: 'a' }, {}], os: 'sid' })";
    const { providerOptions } = await scenarioOf({ nodes }).load({ os: 'trixie' });
    expect(providerOptions).toEqual({ os: 'trixie', nodes: [{ name: 'a' }, {}] });
  });

  test('machines of no particular kind become what works here', async () => {
    const folder = scenarioOf({ nodes: 'machines({ count: 2 })' });
    const choose = async () => ({ provider: 'nspawn', why: 'because' });
    const scenario = await loadScenario(folder.directory, {}, choose);
    expect(scenario).toMatchObject({
      provider: 'nspawn',
      providerOptions: { count: 2 },
      whyProvider: 'because',
    });
  });

  test('--count for machines that are listed one by one says what sets the count of one', async () => {
    const nodes = "nspawn({ nodes: [{ name: 'web' }, { name: 'db', count: 2 }] })";
    const [mistake] = await scenarioOf({ nodes }).mistakes({ count: '4' });
    expect(mistake).toMatch(/--set 'nodes\.options\.nodes\[1\]\.count=4'$/);
    const { machines } = await scenarioOf({ nodes }).load({ set: ['nodes.options.nodes[1].count=4'] });
    expect(machines).toHaveLength(5);
  });

  test('that are wrong are told as what they are', async () => {
    const folder = scenarioOf({ nodes: "ssh(['10.0.0.5'])" });
    expect(
      await folder.mistakes({
        set: ['nonsense', 'timeouts.start=soon', 'name.x=1'],
        key: 'none',
        count: '2',
      }),
    ).toEqual([
      expect.stringMatching(/^--set nonsense: expected path=value/),
      expect.stringMatching(/^--count: the machines of this scenario exist already/),
      expect.stringMatching(/^--set name\.x: name: found /),
      '--set timeouts.start: timeouts.start: found the string "soon", expected a number of seconds greater than 0',
      `-k: sshKey: there is no file ${join(folder.directory, 'none')}`,
    ]);
    expect(await scenarioOf().mistakes({ count: '0' })).toEqual([
      "--count: found '0', expected a whole number, 1 or more",
    ]);
    expect(await scenarioOf().mistakes({ nodes: 'a,,b' })).toEqual([
      expect.stringMatching(/^--nodes: found 'a,,b'/),
    ]);
    expect(await scenarioOf().mistakes({ nodes: 'a', count: '1' })).toEqual([
      expect.stringMatching(/^--count: cannot go/),
    ]);
  });
});

test('origins tell where each value came from', async () => {
  const folder = scenarioOf({ main: 'timeouts: { stop: 5 }, token: 1', node: "packages: ['curl']" });
  const { origins } = await folder.load({
    set: ['timeouts.start=7', 'node_config.workingDir=/srv/x'],
    count: '2',
  });
  expect(Object.fromEntries(origins)).toMatchObject({
    'timeouts.start': 'flag',
    'timeouts.stop': 'config/main.config.ts',
    'timeouts.run': 'default',
    token: 'config/main.config.ts',
    'nodes.provider': 'config/main.config.ts',
    'nodes.options.count': 'flag',
    'node_config.workingDir': 'flag',
    'node_config.packages[0]': 'config/node.config.ts',
    'node_config.services': 'default',
  });
});

test('origins name the file that there is, whatever its suffix', async () => {
  const folder = new ScenarioFolder({
    'config/main.config.mjs': `import { nspawn } from 'shakedown'; export default { nodes: nspawn({ count: 1 }) };`,
    'config/node.config.js': `export default { packages: ['curl'] };`,
  });
  const { origins } = await folder.load();
  expect(origins.get('nodes.options.count')).toBe('config/main.config.mjs');
  expect(origins.get('node_config.packages[0]')).toBe('config/node.config.js');
});

describe('a folder that is no scenario', () => {
  test.each([
    ['does not exist', '/nowhere/at/all', /There is no folder/],
    ['has no config', '/usr', /is no scenario: it has no config\/main\.config\.ts/],
  ])('because it %s: the error names shakedown init', async (_, directory, message) => {
    const error: unknown = await loadScenario(directory, {}, async () => ({ provider: 'nspawn' })).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(UsageError);
    expect(error).toMatchObject({
      message: expect.stringMatching(message),
      hint: expect.stringMatching(/shakedown init/),
    });
  });
});

test('nodeFacts of machines are what config functions get', async () => {
  const machine = {
    id: 0,
    name: 'a',
    address: '10.0.0.1',
    role: 'x',
    ssh: { host: 'h', port: 22, user: 'root' },
  };
  expect(nodeFacts(machine)).toEqual({ id: 0, name: 'a', address: '10.0.0.1', role: 'x' });
});
