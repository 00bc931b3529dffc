import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, onTestFinished, test } from 'vitest';
import { declaredSecrets } from '../../../main/jobs/client/declared-secrets.ts';
import { importedFiles } from '../../../main/jobs/client/travel/imported-files.ts';
import { packScenario, type ScenarioToPack } from '../../../main/jobs/client/travel/pack-scenario.ts';
import { packScript } from '../../../main/jobs/client/travel/pack-script.ts';
import { folder } from '../remotes/fake-node.ts';

/** Files in a new folder, by their paths there. */
function tree(files: Readonly<Record<string, string>>): string {
  const place = folder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(place, path)), { recursive: true });
    writeFileSync(join(place, path), text);
  }
  return place;
}

const main = (fields = '') =>
  `import { defineMain, nspawn } from 'shakedown';\nexport default defineMain({ nodes: nspawn({ count: 1 }), ${fields} });\n`;
const node = (fields = '') =>
  `import { defineNode } from 'shakedown';\nexport default defineNode({ ${fields} });\n`;

/** A scenario below `place`, in the folder `tests/one`, with files around it. */
const around = (files: Readonly<Record<string, string>>) =>
  tree({ 'tests/one/config/main.config.ts': main(), 'tests/one/config/node.config.ts': node(), ...files });

const none = { secrets: [], files: new Map<string, string>() };
const pack = (place: string, more: Partial<ScenarioToPack> = {}) =>
  packScenario({ directory: join(place, 'tests/one'), variants: [{}], more: [], declared: none, ...more });
const travelling = async (...asked: Parameters<typeof pack>) =>
  [...(await pack(...asked)).list.entries]
    .flatMap(([path, { type }]) => (type === 'folder' ? [] : [path]))
    .sort();
const config = ['config/main.config.ts', 'config/node.config.ts'];
const ofOne = config.map((path) => `tests/one/${path}`);

describe('with a scenario travels', () => {
  test('its folder alone where that is all, without what is made anew, and as it is', async () => {
    const place = around({
      'tests/one/node_files/a.conf': 'a',
      'tests/one/node_modules/x/x.js': '',
      'tests/one/.git/config': '',
      'tests/one/.shakedown/runs/x/run.json': '',
      'tests/two/not-this.txt': '',
    });
    mkdirSync(join(place, 'tests/one/empty'));
    symlinkSync('a.conf', join(place, 'tests/one/node_files/b.conf'));
    symlinkSync('.shakedown/runs/latest/nodes', join(place, 'tests/one/nodes'));
    const { list, place: at, moved, outside } = await pack(place);
    expect([...list.entries.keys()].sort()).toEqual(
      ['config', ...config, 'empty', 'node_files', 'node_files/a.conf', 'node_files/b.conf'].sort(),
    );
    expect(at(join(place, 'tests/one'))).toBe('');
    expect([moved.files, outside]).toEqual([{}, []]);
  });

  test('what its config names outside, which keeps its place beside it', async () => {
    const place = around({
      'tests/one/config/main.config.ts': main(
        "nodeFiles: '../files', checks: ['config/checks/*.check.ts', '../shared/*.check.ts']",
      ),
      'tests/one/config/node.config.ts': node("debs: ['../../build/x.deb']"),
      'tests/one/config/checks/own.check.ts': '',
      'tests/shared/all.check.ts': "import { a } from './lib/helper.ts';",
      'tests/shared/lib/helper.ts': "export { a } from '../../../lib/a';",
      'tests/shared/lib/unused.ts': '',
      'tests/files/deep/it.conf': '',
      'lib/a.ts': "export const a = 1; export const b = new URL('data.json', import.meta.url);",
      'lib/data.json': '{}',
      'build/x.deb': 'deb',
      'build/y.deb': 'deb',
    });
    expect(await travelling(place)).toEqual(
      [
        ...ofOne,
        ...[
          'tests/one/config/checks/own.check.ts',
          'tests/shared/all.check.ts',
          'tests/shared/lib/helper.ts',
        ],
        ...['tests/files/deep/it.conf', 'build/x.deb', 'lib/a.ts', 'lib/data.json'],
      ].sort(),
    );
    const { outside, moved } = await pack(place);
    expect(outside).toEqual(expect.arrayContaining(['../../build/x.deb', '../files', '../../lib/a.ts']));
    expect(moved.files).toEqual({});
  });

  test('what it names by an absolute path, and where that lies then', async () => {
    const place = around({ 'far/x.deb': '', 'far/files/a': '' });
    const [deb, files] = [join(place, 'far/x.deb'), join(place, 'far/files')];
    writeFileSync(join(place, 'tests/one/config/main.config.ts'), main(`nodeFiles: '${files}'`));
    writeFileSync(join(place, 'tests/one/config/node.config.ts'), node(`debs: ['${deb}']`));
    const { moved, list } = await pack(place);
    expect(moved).toEqual({ home: homedir(), files: { [deb]: 'far/x.deb', [files]: 'far/files' } });
    expect([...list.entries.keys()]).toEqual(expect.arrayContaining(['far/x.deb', 'far/files/a']));
  });

  test('an inventory with what is read beside it, and an image', async () => {
    const nodes = "nodes: ssh({ inventory: '../ansible/hosts.ini' })";
    const place = around({
      'tests/one/config/main.config.ts': `import { defineMain, ssh } from 'shakedown';\nexport default defineMain({ ${nodes} });\n`,
      'tests/ansible/hosts.ini': 'db1 ansible_host=192.0.2.7\n',
      'tests/ansible/group_vars/all.yml': 'ansible_user: me\n',
      'tests/ansible/playbook.yml': '',
    });
    expect(await travelling(place)).toEqual(
      [...config.map((path) => `one/${path}`), ...['ansible/hosts.ini', 'ansible/group_vars/all.yml']].sort(),
    );
  });

  test('a Vagrantfile, named by itself or by its folder', async () => {
    const place = around({ 'machines/Vagrantfile': '', 'machines/notes.txt': '' });
    const of = (vagrantfile: string) =>
      `import { defineMain, vagrant } from 'shakedown';\nexport default defineMain({ nodes: vagrant({ vagrantfile: '${vagrantfile}', machines: ['a'] }) });\n`;
    const file = join(place, 'machines/Vagrantfile');
    for (const [named, moved] of [
      ['../../machines/Vagrantfile', {}],
      ['../../machines', {}],
      [join(place, 'machines'), { [file]: 'machines/Vagrantfile' }],
    ] as const) {
      writeFileSync(join(place, 'tests/one/config/main.config.ts'), of(named));
      expect(await travelling(place)).toEqual(['machines/Vagrantfile', ...ofOne]);
      expect((await pack(place)).moved.files, named).toEqual(moved);
    }
  });

  test('what --with names, packages of npm, too; and what a flag names, in each job of a matrix', async () => {
    const place = around({
      'tests/one/config/checks/own.check.ts': "import pg from 'pg';",
      'node_modules/pg/index.js': '',
      'node_modules/pg/node_modules/deep/index.js': '',
      'fixtures/x.json': '',
      'a.deb': '',
      'b.deb': '',
      'other/it.conf': '',
    });
    const here = (name: string) => join(place, name);
    const set = (name: string) => ({ set: [`node_config.debs=["../../${name}"]`] });
    const variants = [{ ...set('a.deb'), nodeFiles: here('other') }, set('b.deb')];
    const more = ['node_modules', 'fixtures'].map(here);
    expect(await travelling(place, { more, variants })).toEqual(
      [
        ...[...ofOne, 'tests/one/config/checks/own.check.ts', 'a.deb', 'b.deb', 'other/it.conf'],
        ...['fixtures/x.json', 'node_modules/pg/index.js', 'node_modules/pg/node_modules/deep/index.js'],
      ].sort(),
    );
  });

  test('a link that is named as what it leads to', async () => {
    const place = around({
      'tests/one/config/node.config.ts': node("debs: ['../x.deb']"),
      'v/x_1.deb': 'it',
    });
    symlinkSync('../v/x_1.deb', join(place, 'tests/x.deb'));
    const { list } = await pack(place);
    const { type, from } = list.entries.get('x.deb') ?? {};
    expect([type, readFileSync(from ?? '', 'utf8')]).toEqual(['file', 'it']);
  });
});

describe('is refused by name', () => {
  const refused = async (files: Readonly<Record<string, string>>, more: Partial<ScenarioToPack> = {}) => {
    const place = around(files);
    const error = await pack(place, more).catch((thrown: Error) => thrown);
    return error instanceof Error ? error.message.replaceAll(place, '') : 'it travels';
  };

  test.each([
    ['a package of npm', "import pg from 'pg';", 'imports pg, which is no file beside it'],
    ['an import by an absolute path', "import '/opt/x.mjs';", 'imports /opt/x.mjs, an absolute path'],
    ['an import of what is not there', "await import('../../nowhere.ts');", 'nowhere.ts, which is not there'],
    ['a name that only package.json knows', "import '#lib';", 'imports #lib, which is no file'],
    ['what is no TypeScript', 'const = ;', 'is not understood'],
  ])('%s', async (_what, text, words) => {
    const told = await refused({ 'tests/one/config/checks/a.check.ts': text });
    expect(told).toContain('Not all that /tests/one needs can travel:');
    expect(told).toContain(words);
    expect(told).toContain('/tests/one/config/checks/a.check.ts');
  });

  test('a package of npm that is not told to travel, with how to do that', async () => {
    const files = {
      'tests/one/config/checks/a.check.ts': "import { x } from '@acme/db/x';",
      'node_modules/@acme/db/x.js': '',
    };
    expect(await refused(files)).toContain(
      'imports @acme/db/x, a package of npm: --with /node_modules takes those packages along',
    );
  });

  test('links that lead to what does not travel, all of them at once; a file that cannot be read', async () => {
    const place = around({ 'tests/one/node_files/a': '', 'elsewhere/x': '' });
    const link = (target: string, name: string) => symlinkSync(target, join(place, 'tests/one', name));
    link('/etc/passwd', 'absolute');
    link('../../elsewhere/x', 'out');
    link('../../../../../../nowhere', 'dangling-out');
    link('nowhere', 'dangling');
    const error = await pack(place, { more: ['/proc/self/mem/x'] }).catch((thrown: Error) => thrown);
    const told = String(error);
    for (const name of [
      'absolute leads to /etc/passwd',
      'out leads to ../../elsewhere/x',
      'dangling-out leads',
    ])
      expect(told).toContain(name);
    expect(told).not.toContain('dangling leads');
    expect(told).toContain('/proc/self/mem/x cannot be read');
    // With its target, a link travels.
    const here = around({ 'elsewhere/x': '' });
    symlinkSync('../../elsewhere/x', join(here, 'tests/one/out'));
    expect(await travelling(here, { more: [join(here, 'elsewhere/x')] })).toContain('tests/one/out');
  });

  test('checks by an absolute glob, and what --with names and is not there', async () => {
    const place = around({ 'tests/x.check.ts': '' });
    writeFileSync(
      join(place, 'tests/one/config/main.config.ts'),
      main(`checks: ['${place}/tests/*.check.ts']`),
    );
    await expect(pack(place)).rejects.toThrow('told by an absolute path');
    await expect(pack(around({}), { more: ['/nowhere/x'] })).rejects.toThrow('/nowhere/x is not there');
  });

  test('a config that reads more than what travels: it is loaded elsewhere before it is sent', async () => {
    const files = {
      'tests/one/config/main.config.ts': `import { readFileSync } from 'node:fs';\nimport { join } from 'node:path';\nconst name = readFileSync(join(import.meta.dirname, '../../../VERSION'), 'utf8');\n${main('name')}`,
      VERSION: 'one',
    };
    const told = await refused(files);
    expect(told).toContain('/tests/one does not load with what travels alone');
    expect(told).toContain('VERSION');
    expect(told).not.toContain('shakedown-package-');
    const place = around(files);
    expect(await travelling(place, { more: [join(place, 'VERSION')] })).toContain('VERSION');
  });
});

test('sockets and pipes stay behind, and are told', async () => {
  const place = around({ 'tests/one/x': '' });
  const socket = createServer().listen(join(place, 'tests/one/s'));
  onTestFinished(() => void socket.close());
  await execa('mkfifo', [join(place, 'tests/one/p')]);
  const { list } = await pack(place);
  const told = [...list.leftOut].map((each) => each.replace(`${place}/tests/one/`, '')).sort();
  expect(told).toEqual(['p (a named pipe)', 's (a socket)']);
  expect([...list.entries.keys()]).not.toContain('p');
});

describe('secrets', () => {
  test('are in no package, by whatever name they are found, and have a place where the job runs', async () => {
    const place = around({
      'tests/one/config/main.config.ts': main(
        "secrets: { db: 'file:../keys/db', env: 'env:SOME_SECRET', own: 'file:own' }, sshKey: '../keys/id'",
      ),
      'tests/one/own': 'a secret of its own\n',
      'tests/keys/db': 'a secret beside\n',
      'tests/keys/id': 'a private key\n',
      'tests/keys/other': 'not named\n',
    });
    symlinkSync('own', join(place, 'tests/one/also'));
    process.env.SOME_SECRET = 'from the environment';
    onTestFinished(() => void delete process.env.SOME_SECRET);
    const flags = ['db=file:keys/db', 'env=env:SOME_SECRET', 'own=file:one/own', 'key=file:keys/id'];
    const where = { directory: join(place, 'tests'), env: process.env };
    const declared = declaredSecrets(flags, where);
    const { list, secrets } = await pack(place, { declared });
    expect([...list.entries.keys()].filter((path) => !path.startsWith('one/config'))).toEqual([
      'one',
      'one/also',
    ]);
    expect(secrets).toEqual([
      { name: 'db', value: 'a secret beside', file: 'keys/db' },
      { name: 'env', value: 'from the environment', env: 'SOME_SECRET' },
      { name: 'own', value: 'a secret of its own', file: 'one/own' },
      { name: 'key', value: 'a private key', env: 'key', file: 'keys/id' },
    ]);
    await expect(pack(place)).rejects.toThrow(
      `${place}/tests/keys/id is a private key outside of the folder: --secret ssh_key=file:`,
    );
    const withoutDb = declaredSecrets(flags.slice(1), where);
    await expect(pack(place, { declared: withoutDb })).rejects.toThrow('db (--secret db=file:../keys/db)');
  });

  test('are in no package where the scenario is reached by a link either', async () => {
    const place = around({ 'tests/one/key': 'a secret\n' });
    symlinkSync('tests', join(place, 'link'));
    const declared = declaredSecrets(['file:key'], { directory: join(place, 'link/one'), env: {} });
    const { list } = await pack(place, { directory: join(place, 'link/one'), declared });
    expect([...list.entries.keys()]).toEqual(['config', ...config]);
  });
});

test('imports are followed as Node and Vitest find them; comments and texts import nothing', () => {
  const place = tree({
    'a.ts': [
      "// import '../no.ts'",
      'const text = "from \'./no.ts\'";',
      "import type { T } from './types.ts';",
      "import { b } from './b.js';",
      "export * from './c';",
      "import fs from 'node:fs';",
      "import { test } from 'shakedown/check';",
      "const lazy = () => import('./d/index.js');",
      "const old = require('./e.cjs');",
      "import f from './f.json' with { type: 'json' };",
      "import raw from './g.txt?raw';",
      'enum E { one }',
    ].join('\n'),
    'b.ts': "import './a.ts';",
    'c/index.ts': '',
    ...{
      'd/index.js': '',
      'e.cjs': "module.exports = require('./h.js');",
      'f.json': '{}',
      'g.txt': '',
      'h.js': '',
    },
    'types.ts': '',
  });
  const { files, problems } = importedFiles([join(place, 'a.ts')], []);
  expect(problems).toEqual([]);
  const names = files.map((file) => file.slice(place.length + 1)).sort();
  expect(names).toEqual(['a.ts', 'b.ts', 'c/index.ts', 'd/index.js', 'e.cjs', 'f.json', 'g.txt', 'h.js']);
});

test('what whoever submits may not read is named, all of it', () => {
  const place = tree({ 'with/go.sh': '', 'with/mine': 'x', 'with/closed/x': '' });
  for (const path of ['', 'with']) chmodSync(join(place, path), 0o755);
  chmodSync(join(place, 'with/mine'), 0o000);
  chmodSync(join(place, 'with/closed'), 0o000);
  const asked = {
    file: join(place, 'with/go.sh'),
    withFolder: join(place, 'with'),
    secretFiles: new Set<string>(),
  };
  const isRoot = process.geteuid?.() === 0;
  // Root may read all there is.
  if (isRoot) process.seteuid?.(65_534);
  try {
    expect(() => packScript(asked)).toThrow(
      /closed cannot be read: permission denied\n.*mine cannot be read: permission denied/,
    );
  } finally {
    if (isRoot) process.seteuid?.(0);
    chmodSync(join(place, 'with/closed'), 0o700);
  }
});

test('a script travels alone, or at its place in the folder that it takes along', () => {
  const place = tree({ 'alone.sh': '', 'tree/bin/in.sh': '', 'tree/data': '', 'tree/key': '' });
  const packed = (file: string, withFolder?: string) => {
    const { list, args } = packScript({
      file: join(place, file),
      ...(withFolder === undefined ? {} : { withFolder: join(place, withFolder) }),
      secretFiles: new Set([join(place, 'tree/key')]),
    });
    const files = [...list.entries].flatMap(([path, { type }]) => (type === 'file' ? [path] : []));
    return { args, files: files.sort() };
  };
  expect(packed('alone.sh')).toEqual({
    args: ['script/alone.sh', '--out', 'out'],
    files: ['script/alone.sh'],
  });
  expect(packed('tree/bin/in.sh', 'tree')).toEqual({
    args: ['with/bin/in.sh', '--with', 'with', '--out', 'out'],
    files: ['with/bin/in.sh', 'with/data'],
  });
  expect(packed('alone.sh', 'tree').files).toContain('script/alone.sh');
  expect(() => packed('none.sh')).toThrow('There is no script');
  expect(() => packed('alone.sh', 'none')).toThrow('there is no folder');
});
