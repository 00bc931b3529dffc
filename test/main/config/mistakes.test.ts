import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { InterruptedError, UsageError } from '../../../common/errors.ts';
import { loadScenario } from '../../../main/config/load.ts';
import { loadModule } from '../../../main/config/load-module.ts';
import { ScenarioFolder, scenarioOf } from './scenario-folder.ts';

/** The one mistake of a scenario, without the file's name. */
async function mistake(parts: Parameters<typeof scenarioOf>[0], files = {}): Promise<string | undefined> {
  const found = await scenarioOf(parts, files).mistakes();
  expect(found, found.join('\n')).toHaveLength(1);
  return found[0]?.replace(/^config\/(main|node)\.config\.ts: /, '');
}

test('all mistakes of both files are told at once, each with its file, path, what was found and what was expected', async () => {
  const folder = scenarioOf({
    nodes: 'nspawn({ count: 2 })',
    main: `packges: ['x'], sshUser: 3, timeouts: { strat: 5, stop: '9' }, nodeFiles: 'nowhere',
           checks: [tcp({ port: 99999 }), 'none/*.check.ts', tcp({ port: 1, on: { role: 'leader' } })]`,
    node: `services: [
             { name: 'a', unit: 'a', command: 'b' },
             { name: 'a', unit: 'b', ready: { tcp: '2379' } },
           ],
           place: [{ from: 'nothing', to: '/etc/x' }]`,
  });
  expect(await folder.mistakes()).toEqual([
    'config/main.config.ts: sshUser: found 3, expected the name of a user',
    'config/main.config.ts: checks[0].port: found 99999, expected a port number, 1 to 65535',
    'config/main.config.ts: timeouts.stop: found the string "9", expected a number of seconds greater than 0',
    "config/main.config.ts: timeouts.strat: unknown key; did you mean 'start'?",
    expect.stringMatching(/^config\/main\.config\.ts: packges: unknown key; did you mean 'packages'\?/),
    `config/main.config.ts: nodeFiles: there is no folder ${join(folder.directory, 'nowhere')}`,
    "config/main.config.ts: checks[2].on.role: no node has the role 'leader'; no node has a role",
    `config/main.config.ts: checks[1]: no file matches 'none/*.check.ts' in ${folder.directory}`,
    'config/node.config.ts: services[0]: found {"name":"a","unit":"a","command":"b"}, expected exactly one of unit and command',
    'config/node.config.ts: services[1].ready.tcp: found the string "2379", expected a port number, 1 to 65535',
    "config/node.config.ts: services[1].name: 'a' is taken by services[0]",
    "config/node.config.ts: place[0].from: there is no 'nothing': the node files' folder cannot be read (ENOENT)",
  ]);
});

describe('main config', () => {
  test.each([
    [
      'nodes',
      { nodes: 'undefined' },
      'nodes: found nothing, expected machines({…}), nspawn({…}) or ssh([…])',
    ],
    [
      'another provider',
      { nodes: "{ provider: 'nspwan', options: {} }" },
      /^nodes\.provider: found 'nspwan', expected one of: .*nspawn/,
    ],
    [
      'its options',
      { nodes: 'nspawn({ count: 0 })' },
      /nodes\.options\.count: found 0, expected at least 1$/,
    ],
    [
      'unknown options',
      { nodes: 'nspawn({ count: 1, sweet: 1 })' },
      /nodes\.options\.sweet: unknown key; known are: .*memory/,
    ],
    ['half of a machine', { nodes: 'nspawn({ count: 1.5 })' }, /count: found 1\.5, expected a whole number$/],
    ['too many', { nodes: 'machines({ count: 1000 })' }, /count: found 1000, expected at most 200$/],
    [
      'a size that is none',
      { nodes: "nspawn({ count: 1, memory: 'lots' })" },
      /memory: found the string "lots", expected bytes or a size such as 512M$/,
    ],
    [
      'options of machines of any kind',
      { nodes: 'machines({ count: 1, cuont: 1 })' },
      "nodes.options.cuont: unknown key; did you mean 'count'?",
    ],
    [
      'options of one of them',
      { nodes: "machines({ nodes: [{ nmae: 'a' }] })" },
      /nodes\.options\.nodes\[0\]\.nmae: unknown key/,
    ],
    [
      'options that are nearly right',
      { nodes: "nspawn({ count: 1, memroy: '1G' })" },
      /nodes\.options\.memroy: unknown key; did you mean 'memory'\?/,
    ],
    ['one machine twice', { nodes: "ssh(['10.0.0.1', '10.0.0.1'])" }, /10\.0\.0\.1 is there twice/],
    [
      'one name twice',
      { nodes: "nspawn({ nodes: [{ name: 'a' }, { name: 'a' }] })" },
      "nodes: node 1 has the name of node 0: 'a'",
    ],
    [
      'packages',
      { main: "packages: ['Foo Bar']" },
      /packages\[0\]: found the string "Foo Bar", expected a Debian package/,
    ],
    [
      'a list',
      { main: "packages: 'curl'" },
      'packages: found the string "curl", expected a list of packages',
    ],
    [
      'a limit',
      { main: 'timeouts: { run: 0 }' },
      /timeouts\.run: found 0, expected a number of seconds greater than 0/,
    ],
    [
      'retention',
      { main: 'retention: { count: 1.5 }' },
      'retention.count: found 1.5, expected a whole number, 1 or more',
    ],
    ['a check', { main: 'checks: [3]' }, /checks\[0\]: found 3, expected a check \(tcp/],
    [
      'a check’s target',
      { main: "checks: [tcp({ port: 1, on: 'some' })]" },
      /checks\[0\]\.on: found the string "some", expected 'main', 'all'/,
    ],
    [
      'a check’s node',
      { main: 'checks: [tcp({ port: 1, on: { node: 3 } })]' },
      'checks[0].on.node: there is no node 3; there are 0 to 2',
    ],
    [
      'a check’s keys',
      { main: 'checks: [tcp({ port: 1, wihtin: 3 })]' },
      "checks[0].wihtin: unknown key; did you mean 'within'?",
    ],
    [
      'an expression',
      { main: "checks: [command({ command: 'x', stdout: '(' })]" },
      /checks\[0\]\.stdout: .*expected a regular expression/,
    ],
    [
      'a URL',
      { main: "checks: [http({ url: 'localhost' })]" },
      /checks\[0\]\.url: .*expected a URL, or what follows/,
    ],
  ])('%s', async (_, parts, expected) =>
    expect(await mistake(parts)).toEqual(expect.stringMatching(asPattern(expected))),
  );
});

describe('node config', () => {
  const service = (fields: string) => ({ node: `services: [{ name: 'a', ${fields} }]` });
  test.each([
    [
      'a working directory that is the system’s',
      { node: "workingDir: '/etc'" },
      /workingDir: found the string "\/etc", expected .*shakedown's own/,
    ],
    ['one with dots', { node: "workingDir: '/srv/../etc'" }, /workingDir: /],
    ['a home folder', { node: "workingDir: '/home/me'" }, /workingDir: /],
    ['a version', { node: "packages: ['curl=']" }, /packages\[0\]/],
    [
      'a service that does nothing',
      { node: "services: [{ name: 'a' }]" },
      /services\[0\]: .*exactly one of unit and command/,
    ],
    [
      'a unit’s environment',
      service("unit: 'a', env: { A: 'b' }"),
      /services\[0\]\.env: .*only together with command/,
    ],
    [
      'two probes',
      service("unit: 'a', ready: { tcp: 1, log: 'x' }"),
      /ready: .*exactly one of tcp, http, command and log/,
    ],
    ['no probe', service("unit: 'a', ready: {}"), /ready: .*exactly one of/],
    [
      'a probe’s status',
      service("unit: 'a', ready: { tcp: 1, status: 200 }"),
      /ready\.status: .*only together with http/,
    ],
    [
      'a probe’s keys',
      service("unit: 'a', ready: { tpc: 1, tcp: 1 }"),
      "services[0].ready.tpc: unknown key; did you mean 'tcp'?",
    ],
    [
      'an environment',
      service("command: 'a', env: { 'A B': 'b' }"),
      /env\["A B"\]: expected the name of an environment variable as key/,
    ],
    ['a limit', service("unit: 'a', readyWithin: '5'"), /readyWithin: found the string "5"/],
    [
      'a place',
      { node: "place: [{ from: '../x', to: '/y' }]" },
      /place\[0\]\.from: found the string .* expected a path below/,
    ],
    [
      'a mode',
      { node: "place: [{ from: 'f', to: '/y', mode: '0644' }]" },
      /place\[0\]\.mode: .*permission bits/,
    ],
    [
      'a place that is no file',
      { node: "place: [{ from: 'f', to: '/etc/' }]" },
      /place\[0\]\.to: .*without '\/' at its end/,
    ],
    [
      'a step’s role',
      { node: "setup: [{ name: 'x', run: 'y', on: { role: 'r' } }]" },
      /setup\[0\]\.on\.role: no node has the role 'r'/,
    ],
    [
      'a step’s moment',
      { node: "setup: [{ name: 'x', run: 'y', when: 'later' }]" },
      "setup[0].when: found the string \"later\", expected 'before' or 'after'",
    ],
    ['a .deb that is not there', { node: "debs: ['x.deb']" }, /debs\[0\]: there is no file .*x\.deb/],
    ['a relative glob', { node: "collect: ['log/*']" }, /collect\[0\]: .*an absolute path/],
    [
      'a slip that might be a variable',
      { node: 'service: []' },
      /service: unknown key; did you mean 'services'\?.*another name/,
    ],
  ])('%s', async (_, parts, expected) => {
    const files = { 'node_files/f': '' };
    expect(await mistake(parts, files)).toEqual(expect.stringMatching(asPattern(expected)));
  });

  test('a mistake of some nodes names them, one of all nodes does not', async () => {
    expect(await mistake({ node: "workingDir: ({ id }) => (id === 1 ? 'x' : '/srv/x')" })).toMatch(
      /\(node 1\)$/,
    );
    expect(await mistake({ node: "workingDir: ({ id }) => (id > 0 ? 'x' : '/srv/x')" })).toMatch(
      /\(nodes 1, 2\)$/,
    );
    expect(await mistake({ node: "workingDir: () => 'x'" })).not.toMatch(/\(node/);
  });

  test('files to place are looked for as they will be named', async () => {
    const files = { 'node_files/a.conf.tmpl': '', 'node_files/<{ node_id }>.d/x': '' };
    const placed = (from: string) =>
      scenarioOf({ node: `place: [{ from: '${from}', to: '/x' }]` }, files).mistakes();
    for (const there of ['a.conf', '0.d/x', '0.d', './a.conf'])
      expect(await placed(there), there).toEqual([]);
    expect(await placed('a.conf.tmpl')).toEqual([expect.stringMatching(/did you mean 'a\.conf'\?/)]);
    expect(await placed('a.cnf')).toEqual([expect.stringMatching(/did you mean 'a\.conf'\?/)]);
  });
});

describe('files that cannot be loaded', () => {
  const load = (main: string, node = 'export default {};', more = {}) =>
    new ScenarioFolder({ 'config/main.config.ts': main, 'config/node.config.ts': node, ...more }).mistakes();
  const right = "import { nspawn } from 'shakedown';\nexport default { nodes: nspawn({ count: 1 }) };";

  test.each([
    ['TypeScript that is none', 'const a: = 1;', /^config\/main\.config\.ts:1:10: Unexpected token/],
    ['JavaScript that is none', 'export default {\n  a b\n};', /^config\/main\.config\.ts:2:\d+: /],
    ['a throw', "\nthrow new Error('no key');", 'config/main.config.ts:2:7: no key'],
    ['a throw of something', 'throw 3;', 'config/main.config.ts: threw 3'],
    [
      'an undefined name',
      'export default { nodes: nspwan() };',
      'config/main.config.ts:1:25: nspwan is not defined',
    ],
    [
      'a file that is not there',
      "import './nothing.ts';\nexport default {};",
      /^config\/main\.config\.ts:1: there is no file .*\/config\/nothing\.ts$/,
    ],
    [
      'a name that shakedown has not',
      "import { nspwan } from 'shakedown';",
      "config/main.config.ts:1:10: 'shakedown' exports no 'nspwan'; did you mean 'nspawn'?",
    ],
    [
      'a type that is imported as a value',
      "import { SshOptions } from 'shakedown';",
      "config/main.config.ts:1:10: 'shakedown' exports no 'SshOptions'; if it is a type: import type { SshOptions }",
    ],
    [
      'a package that is misspelt',
      "\nimport { nspawn } from 'shakdown';",
      "config/main.config.ts:2: there is no package 'shakdown' here; did you mean 'shakedown'?",
    ],
    [
      'a package that is not there',
      "import x from 'no-such-package-here';",
      "config/main.config.ts:1: there is no package 'no-such-package-here' here; 'npm install no-such-package-here' brings it",
    ],
    [
      'a part that shakedown has not',
      "import { test } from 'shakedown/chek';",
      "config/main.config.ts:1: there is no 'shakedown/chek', only 'shakedown' and 'shakedown/check'",
    ],
    [
      'a file without its suffix',
      "import config from './node.config';",
      /^config\/main\.config\.ts:1: there is no file .*; it is node\.config\.ts: imports name the whole file$/,
    ],
    ['a folder', "import '../config';", /^config\/main\.config\.ts:1: .*\/config is a folder: name the file/],
    [
      'an enum',
      'enum Size { small }',
      /^config\/main\.config\.ts:1:1: TypeScript's enum is no mere type, .*: write an object: const Size = /,
    ],
    [
      'a field in the parameters',
      'class A { constructor(public a: number) {} }',
      /^config\/main\.config\.ts:1:\d+: TypeScript's parameter property .*: declare the field, and set it/,
    ],
    [
      'a file that ends too early',
      'export default { nodes: 1,',
      /^config\/main\.config\.ts:1: the file ends too/,
    ],
    [
      'what CommonJS exports',
      'module.exports = {};',
      "config/main.config.ts:1:1: there is no 'module.exports' here: write 'export default' instead",
    ],
    [
      'a name that is taken, which V8 tells without its line',
      'export const a = 1;\nlet a = 2;',
      "config/main.config.ts:2:5: Identifier 'a' has already been declared",
    ],
    [
      'a decorator',
      'const log = (x: unknown) => x;\n  @log\nclass A {}',
      'config/main.config.ts:2:3: there are no decorators here: call the function yourself',
    ],
    [
      'a program that ends itself, and would have ended us',
      'export default {};\nprocess.exit(7);',
      'config/main.config.ts:2:9: calls process.exit with 7: throw an error instead',
    ],
    [
      'no default export',
      'export const a = 1;',
      "config/main.config.ts: has no 'export default': write export default defineMain({ … })",
    ],
    [
      'no object',
      'export default 3;',
      'config/main.config.ts: found 3, expected an object, as defineMain({…}) gives',
    ],
  ])('%s', async (_, text, expected) => {
    const [found, ...more] = await load(text);
    expect(found).toEqual(expect.stringMatching(asPattern(expected)));
    expect(more).toEqual([]);
  });

  test('both are told, and where a function of the node failed', async () => {
    expect(await load('export default {,', 'export default {,')).toHaveLength(2);
    const node = 'export default {\n  services: (node) => node.peers.map(String),\n};';
    expect(await load(right, node)).toEqual([
      expect.stringMatching(/^config\/node\.config\.ts:2:\d+: .*reading 'map'/),
    ]);
  });

  test('of two files with the same mistake each is told at its place', async () => {
    const text = 'export const a = 1;\nlet a = 2;';
    expect(await load(text, `\n\n${text}`)).toEqual([
      expect.stringMatching(/^config\/main\.config\.ts:2:5: /),
      expect.stringMatching(/^config\/node\.config\.ts:4:5: /),
    ]);
  });

  test('what a file imports that imports what is not there is told of that file', async () => {
    const found = await load("import { x } from '../lib.ts';\nexport default x;", undefined, {
      'lib.ts': "\nexport { x } from './more.ts';",
    });
    expect(found).toEqual([expect.stringMatching(/^lib\.ts:2: there is no file .*more\.ts$/)]);
  });

  test('a mistake in what a config file imports is told where it is', async () => {
    const found = await load("import { x } from '../lib.ts';\nexport default x;", undefined, {
      'lib.ts': "export const x = 1;\nthrow new Error('here');",
    });
    expect(found).toEqual(['lib.ts:2:7: here']);
  });
});

test('a file that waits on is not waited for: by a limit, and by an interrupt', async () => {
  const folder = new ScenarioFolder({ 'a.ts': 'await new Promise(() => undefined);' });
  const file = join(folder.directory, 'a.ts');
  await expect(loadModule(file, { seconds: 0.01 })).rejects.toThrow(
    "is not loaded after 0.01 s: an 'await' in it does not come back",
  );
  const interrupt = new AbortController();
  const loading = loadModule(file, { signal: interrupt.signal });
  interrupt.abort(new InterruptedError());
  await expect(loading).rejects.toThrow(InterruptedError);
});

test('what has the place of a config and is none is told, and what is near to one', async () => {
  const main = 'config/main.config.ts';
  const right = { 'config/node.config.ts': 'export default {};' };
  const told = async (files: Record<string, string>, prepare = (_: string) => {}) => {
    const folder = new ScenarioFolder({ ...right, ...files });
    prepare(folder.directory);
    const error = await folder.load().catch((thrown: unknown) => thrown);
    return error instanceof UsageError ? [error.message, error.hint].join(' ') : error;
  };
  expect(await told({ [`${main}/x`]: '' })).toMatch(/main\.config\.ts is no file\. $/);
  const link = (directory: string) => symlinkSync('nowhere', join(directory, main));
  expect(await told({}, link)).toMatch(/main\.config\.ts is a link to nowhere, which is not there\. $/);
  for (const near of ['config/main.confg.ts', 'config/main.config.json', 'main.config.ts']) {
    expect(await told({ [near]: '' })).toContain(`it has no ${main}. ${near} is there: call it ${main}`);
  }
  expect(await told({})).toContain(`it has no ${main}. 'shakedown init DIR' makes a scenario`);
});

/** A text as the pattern that only it matches. */
const asPattern = (expected: string | RegExp): RegExp =>
  expected instanceof RegExp ? expected : new RegExp(`^${expected.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);

test('where the main config does not tell the machines, the node config is not blamed for it', async () => {
  const node = `setup: [{ name: 'a', run: 'b', on: { role: 'db' } }],
    services: (node, { nodes }) => [{ name: nodes[1].name, command: 'x' }]`;
  const folder = scenarioOf({ nodes: "nspawn({ count: 'two' })", node });
  expect(await folder.mistakes()).toEqual([expect.stringContaining('config/main.config.ts: nodes')]);
  folder.write('config/main.config.ts', 'export default {');
  expect(await folder.mistakes()).toEqual([expect.stringContaining('config/main.config.ts:')]);
});

test('options that no kind knows are told, whatever kind a flag puts in their place', async () => {
  const folder = scenarioOf({ nodes: "nspawn({ count: 1, memroy: '1G' })" });
  expect(await folder.mistakes({ provider: 'docker' })).toEqual([
    expect.stringContaining("nodes.options.memroy: unknown key; did you mean 'memory'?"),
  ]);
});

test('a scenario is a folder, and so are its node files', async () => {
  const folder = scenarioOf({}, { 'a file': '' });
  const load = (path: string) =>
    loadScenario(join(folder.directory, path), {}, async () => ({ provider: 'nspawn' }));
  await expect(load('config/main.config.ts')).rejects.toThrow(
    'main.config.ts is a file; a scenario is a folder.',
  );
  await expect(load('nowhere')).rejects.toThrow('There is no folder ');
  expect(await folder.mistakes({ nodeFiles: 'a file' })).toEqual([
    expect.stringMatching(/nodeFiles: .*a file is no folder$/),
  ]);
});
