import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readTree } from '../../../main/render/read-tree.ts';
import { renderTrees } from '../../../main/render/render-tree.ts';
import { TemplateError } from '../../../main/render/template-mistake.ts';
import { treeEntries } from '../../../main/render/tree.ts';
import { writeTree } from '../../../main/render/write-tree.ts';
import { scope } from './scope.ts';

let root = '';
let source = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'shakedown-render-'));
  source = join(root, 'node_files');
  mkdirSync(source);
});
afterEach(() => rmSync(root, { recursive: true }));

function put(path: string, content: string | Buffer = '', mode = 0o644): void {
  const file = join(source, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  chmodSync(file, mode);
}
const link = (path: string, target: string) => {
  mkdirSync(dirname(join(source, path)), { recursive: true });
  symlinkSync(target, join(source, path));
};
const render = async (node = scope) => renderTrees(await readTree(source), [node])[0] ?? { entries: [] };
const paths = async (node = scope) => (await render(node)).entries.map((entry) => entry.path);
const mistakes = async (): Promise<TemplateError> => {
  const error = await render().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(TemplateError);
  return error as TemplateError;
};

describe('files', () => {
  test('templates are rendered and lose the suffix; all else travels byte for byte with its mode', async () => {
    const bytes = Buffer.from([0, 255, 10, 13, 60, 123, 32, 120, 125, 62]);
    put('conf/app.conf.tmpl', 'id=<{ node_id }>\n', 0o640);
    put('blob', bytes, 0o755);
    put('conf/not-a-template', '<{ nothing }>');

    const out = join(root, 'out');
    await writeTree(await render(), out);

    expect(readFileSync(join(out, 'conf/app.conf'), 'utf8')).toBe('id=1\n');
    expect(lstatSync(join(out, 'conf/app.conf')).mode & 0o7777).toBe(0o640);
    expect(readFileSync(join(out, 'blob')).equals(bytes)).toBe(true);
    expect(lstatSync(join(out, 'blob')).mode & 0o7777).toBe(0o755);
    expect(readFileSync(join(out, 'conf/not-a-template'), 'utf8')).toBe('<{ nothing }>');
  });

  test('what nodes have alike is one file, and only where that is wanted', async () => {
    put('app.conf', 'alike');
    put('other.conf', 'alike', 0o600);
    put('own.tmpl', '<{ node_id }>');
    const [first, second, apart] = ['first', 'second', 'apart'].map((name) => join(root, name)) as [
      string,
      string,
      string,
    ];
    const written = new Map<string, string>();
    await writeTree(await render(), first, written);
    await writeTree(await render({ ...scope, node_id: 0 }), second, written);
    await writeTree(await render(), apart);
    const inode = (...path: string[]) => lstatSync(join(...path)).ino;
    expect(inode(second, 'app.conf')).toBe(inode(first, 'app.conf'));
    expect(inode(apart, 'app.conf')).not.toBe(inode(first, 'app.conf'));
    expect(inode(first, 'other.conf')).not.toBe(inode(first, 'app.conf'));
    expect(readFileSync(join(second, 'own'), 'utf8')).toBe('0');
    // One that is gone is written again.
    rmSync(first, { recursive: true });
    await writeTree(await render(), first, written);
    expect(readFileSync(join(first, 'app.conf'), 'utf8')).toBe('alike');
  });

  test('of nodes that are written side by side, too, the first one writes what they have alike', async () => {
    for (const name of ['a', 'b', 'c']) put(name, `alike ${name}`);
    const written = new Map<string, string>();
    const nodes = ['0', '1', '2'].map((node) => join(root, node));
    await Promise.all(nodes.map(async (node) => writeTree(await render(), node, written)));
    for (const name of ['a', 'b', 'c'])
      expect(new Set(nodes.map((node) => lstatSync(join(node, name)).ino)).size, name).toBe(1);
  });

  test('the entries tell the digests of what is written', async () => {
    put('a.tmpl', '<{ node }>');
    put('b', 'as it is');
    link('c', 'b');
    const sha = (text: string) => createHash('sha256').update(text).digest('hex');
    expect(treeEntries(await render())).toEqual([
      { path: 'a', type: 'file', mode: 0o644, content: sha('10.0.0.2') },
      { path: 'b', type: 'file', mode: 0o644, content: sha('as it is') },
      { path: 'c', type: 'link', mode: 0o777, content: 'b' },
    ]);
  });

  test('empty folders travel, and folders keep their modes, unwritable ones too', async () => {
    mkdirSync(join(source, 'empty'), { mode: 0o700 });
    put('locked/file', 'x');
    chmodSync(join(source, 'locked'), 0o555);
    const out = join(root, 'out');
    await writeTree(await render(), out);
    expect(lstatSync(join(out, 'empty')).mode & 0o7777).toBe(0o700);
    expect(lstatSync(join(out, 'locked')).mode & 0o7777).toBe(0o555);
    expect(readFileSync(join(out, 'locked/file'), 'utf8')).toBe('x');
    chmodSync(join(source, 'locked'), 0o755);
    chmodSync(join(out, 'locked'), 0o755);
  });

  test('a folder that does not exist is empty', async () => {
    rmSync(source, { recursive: true });
    expect(await paths()).toEqual([]);
  });

  test('a template that is not UTF-8 is refused', async () => {
    put('latin1.tmpl', Buffer.from([0xe9]));
    expect((await mistakes()).message).toMatch(/latin1\.tmpl: a template must be UTF-8/);
  });
});

describe('names', () => {
  test.each([
    'with space',
    'quo\'te"s',
    'new\nline',
    'grüße-日本',
    '-dash',
    '$(x)`',
    'back\\slash',
    '.hidden',
  ])('%j travels', async (name) => {
    put(`${name}.tmpl`, '<{ node_id }>');
    const out = join(root, 'out');
    await writeTree(await render(), out);
    expect(readFileSync(join(out, name), 'utf8')).toBe('1');
  });

  test('may hold expressions, those of folders too', async () => {
    put('<{ nodes[node_id].name }>.d/peer-<{ node }>.conf.tmpl');
    expect(await paths()).toEqual(['b.d', 'b.d/peer-10.0.0.2.conf']);
  });

  test('one that comes to nothing is left out on that node, and a folder with all in it', async () => {
    put(`<{ node_id === 0 ? 'first' : '' }>/x`);
    put(`<{ node_id === 0 ? 'init.sh' : '' }>.tmpl`);
    expect(await paths()).toEqual([]);
    expect(await paths({ ...scope, node_id: 0 })).toEqual(['first', 'first/x', 'init.sh']);
  });

  test.each([
    ['<{ ".." }>'],
    ['<{ "a\\u002fb" }>'],
    ['<{ "\\u002e" }>'],
    ['<{ "a\\0" }>'],
    ['<{ "x".repeat(256) }>'],
  ])('%s is refused', async (name) => {
    put(name);
    expect((await mistakes()).message).toMatch(/the name renders to/);
  });

  test('two sources that give one name are refused', async () => {
    put('a');
    put('a.tmpl');
    put('<{ "b" }>/x');
    put('b/x');
    const { message } = await mistakes();
    expect(message).toMatch(/node_files\/a\.tmpl: gives the same name on the node as 'a'/);
    expect(message).toMatch(/^2 mistakes/);
  });

  test('one that is not UTF-8 is refused', async () => {
    writeFileSync(Buffer.concat([Buffer.from(`${source}/`), Buffer.from([0xff, 0x61])]), '');
    expect((await mistakes()).message).toMatch(/the name is not UTF-8/);
  });
});

describe('links', () => {
  test('stay links, dangling ones too, and those to folders', async () => {
    put('folder/file');
    link('to-file', 'folder/file');
    link('to-folder', 'folder');
    link('folder/up', '../to-file');
    link('made-later', 'run/app.pid');
    const out = join(root, 'out');
    await writeTree(await render(), out);
    expect(readlinkSync(join(out, 'to-file'))).toBe('folder/file');
    expect(readlinkSync(join(out, 'made-later'))).toBe('run/app.pid');
    expect(lstatSync(join(out, 'to-folder')).isSymbolicLink()).toBe(true);
    expect(await paths()).toContain('folder/up');
  });

  test('one to a template points to what it renders to', async () => {
    put('real.conf.tmpl');
    link('alias.conf.tmpl', 'real.conf.tmpl');
    link('other.conf', 'real.conf.tmpl');
    const links = (await render()).entries.filter((entry) => entry.type === 'link');
    expect(links.map(({ path, target }) => [path, target])).toEqual([
      ['alias.conf', 'real.conf'],
      ['other.conf', 'real.conf'],
    ]);
  });

  test('that lead outside are refused: absolute, by dots, or through another link', async () => {
    link('absolute', '/etc/passwd');
    link('up', '../outside');
    mkdirSync(join(source, 'a/b'), { recursive: true });
    link('a/b/top', '../..');
    link('sneaky', 'a/b/top/..');
    const { mistakes: all } = await mistakes();
    expect(all.map((mistake) => mistake.file).sort()).toEqual([
      'node_files/absolute',
      'node_files/sneaky',
      'node_files/up',
    ]);
  });

  test('in a circle are nobody else’s business', async () => {
    link('a', 'b');
    link('b', 'a');
    expect(await paths()).toEqual(['a', 'b']);
  });
});

describe('mistakes', () => {
  test('sockets and pipes are refused by name', async () => {
    execFileSync('mkfifo', [join(source, 'pipe')]);
    const server = createServer().listen(join(source, 'sock'));
    try {
      const { message } = await mistakes();
      expect(message).toMatch(/node_files\/pipe: a named pipe cannot be sent/);
      expect(message).toMatch(/node_files\/sock: a socket cannot be sent/);
    } finally {
      server.close();
    }
  });

  test('those of all files and all nodes are told together, each with its node, and alike ones once', async () => {
    put('a.tmpl', '<{ nope }>');
    put('b.tmpl', 'x\n<{ node_id === 1 ? undefined : 1 }>');
    const tree = await readTree(source);
    expect(() => renderTrees(tree, [{ ...scope, node_id: 0 }, scope])).toThrow(
      expect.objectContaining({
        name: 'TemplateError',
        message: [
          '2 mistakes in the node files; nothing was sent anywhere:',
          '  node_files/a.tmpl:1:4: nope is not defined; did you mean node? (nodes 0, 1)',
          '      <{ nope }>',
          '  node_files/b.tmpl:2:1: node_id === 1 ? undefined : 1 is undefined (node 1)',
          '      <{ node_id === 1 ? undefined : 1 }>',
        ].join('\n'),
      }),
    );
  });
});
