import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bundleOf, type Content } from '../../../main/jobs/packages/content-bundle.ts';
import type { FileTree, TreeEntry } from '../../../main/jobs/packages/file-tree.ts';
import { unpack } from '../../../main/jobs/packages/package-folder.ts';
import { PackageStore } from '../../../main/jobs/packages/package-store.ts';
import { folder } from '../remotes/fake-node.ts';
import { aServer, ask } from './fixtures/a-server.ts';

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const file = (path: string, text: string, mode = 0o644): TreeEntry => ({
  ...({ type: 'file', path, mode } as const),
  sha256: digestOf(text),
});
const long = `${'deep/'.repeat(40)}er`;

const server = aServer({ limits: { package: 1000 } });
const put = (path: string, body: string) =>
  ask(`${server().url}${path}`, 'PUT', { token: server().token, body, type: 'application/octet-stream' });
const post = async (tree: unknown) => {
  const { url, token } = server();
  return await ask(`${url}/api/packages`, 'POST', { token, body: JSON.stringify(tree) });
};

describe('a tree', () => {
  test('comes as its files, each once, and goes as a tar with all of it at its place', async () => {
    const { admin } = server();
    const texts = ['one', 'two', ''];
    const lacking = async () => (await admin.missingContents(texts.map(digestOf))).missing;
    expect(await lacking()).toEqual(texts.map(digestOf));
    for (const text of texts) {
      const from = join(folder(), 'x');
      writeFileSync(from, text);
      await admin.putContent(digestOf(text), from);
    }
    expect(await lacking()).toEqual([]);
    const entries: TreeEntry[] = [
      { type: 'link', path: 'bin/to', target: '../a' },
      file('bin/run', 'two', 0o755),
      file('a', 'one'),
      { type: 'folder', path: 'bin', mode: 0o755 },
      { type: 'folder', path: 'empty', mode: 0o700 },
      file('again', 'one', 0o600),
      file(long, 'one'),
      file('ünï "x"', ''),
    ];
    const sha256 = await admin.putTree({ entries });
    // The same one, in another order: nothing is new.
    expect(await admin.putTree({ entries: entries.toReversed() })).toBe(sha256);
    const to = folder();
    await unpack(await admin.package(sha256), to);
    expect(readdirSync(to).sort()).toEqual(['a', 'again', 'bin', 'deep', 'empty', 'ünï "x"']);
    expect(readFileSync(join(to, 'bin/to'), 'utf8')).toBe('one');
    expect(readlinkSync(join(to, 'bin/to'))).toBe('../a');
    expect(readFileSync(join(to, long), 'utf8')).toBe('one');
    expect(statSync(join(to, 'ünï "x"')).size).toBe(0);
    const modes = ['bin/run', 'again', 'empty'].map((name) => statSync(join(to, name)).mode & 0o777);
    expect(modes).toEqual([0o755, 0o600, 0o700]);
    const id = await admin.submit({ type: 'never', package: sha256 });
    expect((await admin.job(id)).spec.package).toBe(sha256);
  });

  test.each([
    ['leads out', file('../x', 'one'), 'which leads out of its folder'],
    ['is absolute', file('/etc/x', 'one'), 'which leads out of its folder'],
    ['is a link that leads out', { type: 'link', path: 'a/l', target: '../../x' }, 'leads out of its folder'],
    ['is an absolute link', { type: 'link', path: 'l', target: '/etc/passwd' }, 'leads out of its folder'],
    ['is something else', { type: 'fifo', path: 'p' }, 'Invalid'],
    ['has a mode that is none', { ...file('s', 'one'), mode: 0o4755 }, '511'],
    ['has no digest', { type: 'file', path: 'x', mode: 0o644, sha256: 'abc' }, 'sha256'],
    ['has content that never came', file('x', 'never sent'), `not here, such as ${digestOf('never sent')}`],
  ])('is refused with an entry that %s', async (_what, entry, words) => {
    await put(`/api/contents/${digestOf('one')}`, 'one');
    const { status, text } = await post({ entries: [file('fine', 'one'), entry] });
    expect(status).toBe(400);
    expect(text).toContain(words);
  });

  test('is refused with the same path twice, when it is too large, and when it is no tree', async () => {
    await put(`/api/contents/${digestOf('x'.repeat(600))}`, 'x'.repeat(600));
    const big = file('a', 'x'.repeat(600));
    expect(await post({ entries: [big, big] })).toMatchObject({ status: 400 });
    expect(await post({ entries: [big, { ...big, path: 'b' }] })).toMatchObject({ status: 413 });
    for (const body of [{}, { entries: {} }, [], 'x', { entries: [], more: 1 }]) {
      expect((await post(body)).status, JSON.stringify(body)).toBe(400);
    }
  });

  test('takes many small contents in one request, each of which is what its digest says, or none of them', async () => {
    const { admin } = server();
    const texts = Array.from({ length: 300 }, (_, index) => `\n${index} 7\n`);
    const contents = ['', ...texts].map((text) => ({ sha256: digestOf(text), bytes: Buffer.from(text) }));
    const lacking = async (some: readonly Content[]) =>
      (await admin.missingContents(some.map(({ sha256 }) => sha256))).missing;
    await admin.putContents(bundleOf(contents));
    expect(await lacking(contents)).toEqual([]);
    const sha256 = await admin.putTree({ entries: [file('a', '\n299 7\n'), file('b', '')] });
    const to = folder();
    await unpack(await admin.package(sha256), to);
    expect(readFileSync(join(to, 'a'), 'utf8')).toBe('\n299 7\n');

    const good = { sha256: digestOf('good'), bytes: Buffer.from('good') };
    const refused = [
      [bundleOf([good, { sha256: digestOf('other'), bytes: Buffer.from('bad') }]), 400, 'what came has'],
      [bundleOf([good]).subarray(0, -1), 400, 'it ends within'],
      [Buffer.concat([bundleOf([good]), Buffer.from('more')]), 400, 'is no line with'],
      [bundleOf(Array(1001).fill(good)), 400, 'more than 1000 contents'],
      [
        bundleOf([good, { sha256: digestOf('x'.repeat(1001)), bytes: Buffer.from('x'.repeat(1001)) }]),
        413,
        'more than',
      ],
      [Buffer.alloc(4 * 1024 ** 2 + 1), 413, 'more than'],
    ] as const;
    for (const [body, status, words] of refused) {
      const error = await admin.putContents(body).catch((each: unknown) => each);
      expect(error, words).toMatchObject({ status, message: expect.stringContaining(words) });
    }
    expect(await lacking([good]), 'nothing of those is kept').toEqual([good.sha256]);
  });

  test('takes no content that is another one, or larger than all may be', async () => {
    const { status, text } = await put(`/api/contents/${digestOf('one')}`, 'two');
    expect(status).toBe(400);
    expect(text).toContain('not');
    expect((await put(`/api/contents/${'0'.repeat(64)}`, 'x'.repeat(1001))).status).toBe(413);
    expect((await put('/api/contents/..%2f..%2fx', 'x')).status).toBe(400);
    const readers = await server().admin.makeToken('reader', 'read');
    const body = JSON.stringify({ contents: [] });
    const asked = await ask(`${server().url}/api/contents/missing`, 'POST', { token: readers.token, body });
    expect(asked.status).toBe(403);
  });
});

test('old trees go when no job has them, and contents that no tree has any more', async () => {
  const place = folder();
  const store = new PackageStore(place);
  const put = (text: string) => {
    const at = store.content(digestOf(text));
    mkdirSync(join(at, '..'), { recursive: true });
    writeFileSync(at, text);
  };
  for (const text of ['shared', 'mine', 'yours', 'fresh']) put(text);
  const tree = (...texts: string[]): FileTree => ({ entries: texts.map((text) => file(text, text)) });
  const mine = await store.putTree(tree('shared', 'mine'));
  const yours = await store.putTree(tree('shared', 'yours'));
  const age = (name: string) => utimesSync(name, 1, 1);
  for (const name of readdirSync(place, { recursive: true, encoding: 'utf8' })) {
    if (statSync(join(place, name)).isFile()) age(join(place, name));
  }
  // What is asked for is about to be used.
  expect(await store.missing([digestOf('fresh')])).toEqual([]);
  await store.removeUnused(new Set([mine]), 1);
  expect([store.has(mine), store.has(yours)]).toEqual([true, false]);
  const left = ['shared', 'mine', 'yours', 'fresh'].filter((text) =>
    existsSync(store.content(digestOf(text))),
  );
  expect(left).toEqual(['shared', 'mine', 'fresh']);
  // All trees are read for that, which is not done at each look.
  await store.removeUnused(new Set(), -1);
  expect([store.has(mine), existsSync(store.content(digestOf('mine')))]).toEqual([false, true]);
  await new PackageStore(place).removeUnused(new Set(), -1);
  expect(existsSync(store.content(digestOf('mine')))).toBe(false);
});
