import { execFileSync } from 'node:child_process';
import {
  closeSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ShakedownError } from '../../../common/errors.ts';
import { packTree } from '../../../common/trees/pack-tree.ts';
import type { PackedEntry } from '../../../common/trees/tree-entry.ts';
import { type LeftOut, packPaths } from '../../../node-agent/files/pack-paths.ts';
import { unpackTree } from '../../../node-agent/files/unpack-tree.ts';
import { temporaryFolder, writeFiles } from '../temporary.ts';

async function entriesOf(
  base: string,
  paths: readonly string[],
): Promise<LeftOut & { entries: PackedEntry[] }> {
  const leftOut: LeftOut = { problems: [], sparse: [] };
  const entries: PackedEntry[] = [];
  for await (const entry of packPaths(base, paths, leftOut)) entries.push(entry);
  return { ...leftOut, entries };
}

test('what was packed comes out as it went in', async () => {
  const [from, to] = [temporaryFolder(), temporaryFolder()];
  writeFiles(from, { 'etc/app.conf': 'port = 1\n', 'bin/run': '#!/bin/sh\n' }, 0o750);
  writeFileSync(join(from, 'big'), Buffer.alloc(700_000, 'x'));
  symlinkSync('etc/app.conf', join(from, 'link'));
  const leftOut: LeftOut = { problems: [], sparse: [] };
  expect(await unpackTree(join(to, 'new'), packTree(packPaths(from, [from], leftOut)))).toBe(6);
  expect(leftOut).toEqual({ problems: [], sparse: [] });
  expect(execFileSync('diff', ['-r', from, join(to, 'new')], { encoding: 'utf8' })).toBe('');
  const [was, is] = [lstatSync(join(from, 'bin/run')), lstatSync(join(to, 'new/bin/run'))];
  expect([is.mode, Math.round(is.mtimeMs / 1000)]).toEqual([was.mode, Math.round(was.mtimeMs / 1000)]);
});

test('files take the place of what is there, and a link that is there is not written through', async () => {
  const [from, to] = [temporaryFolder(), temporaryFolder()];
  writeFiles(from, { a: 'new', 'd/b': 'new' });
  writeFiles(to, { elsewhere: 'old', d: 'a file' });
  symlinkSync('elsewhere', join(to, 'a'));
  await unpackTree(to, packTree((await entriesOf(from, [join(from, 'a'), join(from, 'd')])).entries));
  expect(readFileSync(join(to, 'elsewhere'), 'utf8')).toBe('old');
  expect(lstatSync(join(to, 'a')).isFile()).toBe(true);
  expect(readFileSync(join(to, 'd/b'), 'utf8')).toBe('new');
});

test('a folder in the place of a file is told, with the path', async () => {
  const [from, to] = [temporaryFolder(), temporaryFolder()];
  writeFiles(from, { a: 'new' });
  mkdirSync(join(to, 'a'));
  const error = await unpackTree(to, packTree((await entriesOf(from, [from])).entries)).catch(
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ShakedownError);
  expect(error).toMatchObject({ message: `cannot write ${join(to, 'a')}` });
});

test('a second name of a file travels as that, a file with holes not at all, and the rest is told', async () => {
  const from = temporaryFolder();
  writeFiles(from, { one: 'x' });
  linkSync(join(from, 'one'), join(from, 'two'));
  closeSync(openSync(join(from, 'holes'), 'w'));
  truncateSync(join(from, 'holes'), 64 * 1024 ** 2);
  execFileSync('mkfifo', [join(from, 'pipe')]);
  const { entries, sparse, problems } = await entriesOf(from, [from, join(from, 'gone')]);
  expect(entries.map(({ header }) => header)).toMatchObject([
    { path: 'one', kind: 'file' },
    { path: 'two', kind: 'again', of: 'one' },
  ]);
  expect(sparse).toEqual([join(from, 'holes')]);
  expect(problems).toEqual([
    expect.stringContaining('pipe: it is no file'),
    expect.stringContaining('ENOENT'),
  ]);
});

test('a file that has become shorter is filled up, and a longer one is cut', async () => {
  const to = temporaryFolder();
  const header = (path: string) => ({ path, kind: 'file', mode: 0o644, mtimeMs: 0, size: 4 }) as const;
  const entries = [
    { header: header('shorter'), content: [Buffer.from('ab')] },
    { header: header('longer'), content: [Buffer.from('abc'), Buffer.from('def')] },
  ];
  await unpackTree(to, packTree(entries));
  expect(readFileSync(join(to, 'shorter'), 'utf8')).toBe('ab\0\0');
  expect(readFileSync(join(to, 'longer'), 'utf8')).toBe('abcd');
});
