import { describe, expect, test } from 'vitest';
import { ScenarioFolder } from './scenario-folder.ts';

const scenario = (nodes: string, files = {}) =>
  new ScenarioFolder({
    'config/main.config.ts': `import { defineMain, machines, mixed, nspawn, ssh } from 'shakedown';
export default defineMain({ nodes: ${nodes} } as any);`,
    'config/node.config.ts': "import { defineNode } from 'shakedown';\nexport default defineNode({});",
    ...files,
  });

const named = async (folder: ScenarioFolder, flags = {}) =>
  (await folder.load(flags)).machines.map(({ id, name, role }) => `${id} ${name} ${role ?? '-'}`);

describe('mixed', () => {
  test('numbers and names its machines from part to part', async () =>
    expect(
      await named(
        scenario(
          "mixed([nspawn({ nodes: [{ role: 'db' }, {}] }), ssh(['10.0.0.5', { address: 'web', role: 'web' }])])",
        ),
      ),
    ).toEqual(['0 node0 db', '1 node1 -', '2 node2 -', '3 web web']));

  test('leaves a part’s kind open, as all machines may', async () => {
    const { provider, providerOptions } = await scenario(
      "mixed([machines({ count: 2 }), ssh(['a'])])",
    ).load();
    expect(provider).toBe('mixed');
    expect(providerOptions).toMatchObject({
      parts: [{ provider: 'nspawn', options: { count: 2 } }, { provider: 'ssh' }],
    });
  });

  test('can be run on machines of one kind, or on others', async () => {
    const folder = scenario("mixed([machines({ count: 1 }), ssh([{ address: '10.0.0.5', role: 'db' }])])");
    expect(await named(folder, { provider: 'nspawn' })).toEqual(['0 node0 -', '1 node1 db']);
    expect(await named(folder, { nodes: '10.1.1.[1-2]' })).toEqual(['0 node0 -', '1 node1 db']);
  });

  test('tells mistakes of a part with their path', async () => {
    expect(await scenario('mixed([nspawn({ count: 0 }), ssh([])])').mistakes()).toEqual([
      expect.stringMatching(
        /^config\/main.config.ts: nodes.options.parts\[0\].options.count: found 0, expected /,
      ),
      expect.stringContaining('nodes.options.parts[1].options.hosts: '),
    ]);
    expect(await scenario("mixed([ssh(['a']), ssh(['b'])])").mistakes()).toEqual([
      expect.stringContaining('there is a part of kind ssh already: put the machines of both into one'),
    ]);
    expect(await scenario('mixed([mixed([])])').mistakes()).toEqual([
      expect.stringContaining("found 'mixed', expected one of: auto, nspawn"),
    ]);
    expect(await scenario('mixed([])').mistakes()).toEqual([expect.stringContaining('at least one part')]);
  });

  test('takes no --count and no --os', async () =>
    expect(await scenario('mixed([nspawn({ count: 1 })])').mistakes({ count: '3' })).toEqual([
      '--count: the machines of this scenario are of several kinds: change them in the config',
    ]));
});

describe('machines that exist', () => {
  const inventory = { 'hosts/lab.ini': '[db]\nd[1:2]\n[web]\nw1 ansible_host=10.0.0.9\n' };

  test('are those of an inventory, which lies beside the scenario', async () => {
    const folder = scenario("ssh({ inventory: 'hosts/lab.ini' })", inventory);
    expect(await named(folder)).toEqual(['0 d1 db', '1 d2 db', '2 w1 web']);
    const few = scenario("ssh({ inventory: 'hosts/lab.ini', roles: { front: 'web' } })", inventory);
    expect(await named(few)).toEqual(['0 w1 front']);
  });

  test('in a part of a mixed cluster, too', async () =>
    expect(
      await named(scenario("mixed([ssh({ inventory: 'hosts/lab.ini', group: 'db' })])", inventory)),
    ).toEqual(['0 d1 db', '1 d2 db']));

  test('have plain host names when they are made instead', async () => {
    const folder = scenario("ssh(['db1.example', 'db2.example', 'a.west', 'a.east', '10.0.0.5'])");
    const names = (await folder.load({ provider: 'nspawn' })).machines.map(({ name }) => name);
    expect(names).toEqual(['db1', 'db2', 'node2', 'node3', 'node4']);
  });

  test('are told with file and line where the inventory is wrong', async () => {
    const folder = scenario("ssh({ inventory: 'hosts.ini', group: 'x' })", {
      'hosts.ini': '[db]\na b\n[web:hosts',
    });
    expect(await folder.mistakes()).toEqual([
      `config/main.config.ts: nodes.options.inventory: ${folder.directory}/hosts.ini:2: expected name=value after the machine, found 'b'`,
      `config/main.config.ts: nodes.options.inventory: ${folder.directory}/hosts.ini:3: '[web:hosts' has a '[' without its ']'`,
    ]);
  });

  test('are some of a pool: as many as --count says', async () => {
    const folder = scenario("ssh({ pool: ['m[01-20]'], count: 2 })");
    expect(await named(folder)).toEqual(['0 node0 -', '1 node1 -']);
    expect(await named(folder, { count: '3' })).toHaveLength(3);
    expect(await folder.mistakes({ count: '21' })).toEqual([
      '--count: nodes.options.count: 21 of 20 machines cannot be taken',
    ]);
  });

  test('are what --nodes says, ranges and all', async () => {
    const folder = scenario("nspawn({ nodes: [{ role: 'db' }, { role: 'web' }] })");
    expect(await named(folder, { nodes: 'n[01-02,07].example' })).toEqual([
      '0 n01.example db',
      '1 n02.example web',
      '2 n07.example -',
    ]);
    expect(await folder.mistakes({ nodes: 'n[2-1]' })).toEqual([
      expect.stringContaining("'n[2-1]': a range goes upwards, [1-2]"),
    ]);
  });
});
