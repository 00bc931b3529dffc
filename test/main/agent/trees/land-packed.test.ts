import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { packTree } from '../../../../common/trees/pack-tree.ts';
import type { EntryHeader, PackedEntry } from '../../../../common/trees/tree-entry.ts';
import { type LandedTree, landPacked } from '../../../../main/agent/trees/land-packed.ts';
import { temporaryFolder } from '../../../node-agent/temporary.ts';

const file = (path: string, text: string, mode = 0o644): PackedEntry => ({
  header: { path, kind: 'file', mode, mtimeMs: 1_700_000_000_000, size: text.length },
  content: [Buffer.from(text)],
});
const other = (header: EntryHeader): PackedEntry => ({ header });

function land(directory: string, entries: readonly PackedEntry[], maxFiles = 1000): Promise<LandedTree> {
  return landPacked(packTree(entries), directory, { maxFiles });
}

/** The folder that a tree lands in, and the one above it. */
function folders(): { readonly above: string; readonly here: string } {
  const above = temporaryFolder();
  const here = join(above, 'landing');
  mkdirSync(here);
  return { above, here };
}

test('files, folders and links come with their modes and times, hard links as such', async () => {
  const { here } = folders();
  const landed = await land(here, [
    other({ path: 'logs', kind: 'folder', mode: 0o755, mtimeMs: 1_600_000_000_000 }),
    file('logs/app.log', 'started\n', 0o600),
    other({ path: 'logs/again.log', kind: 'again', of: 'logs/app.log' }),
    file('deep/er/x', ''),
    other({ path: 'current', kind: 'link', target: '/srv/nowhere' }),
  ]);
  expect(landed).toEqual({ files: 4, problems: [], cut: false });
  const log = lstatSync(join(here, 'logs/app.log'));
  expect({ mode: log.mode & 0o777, mtimeMs: log.mtimeMs, links: log.nlink }).toEqual({
    mode: 0o600,
    mtimeMs: 1_700_000_000_000,
    links: 2,
  });
  expect(lstatSync(join(here, 'logs')).mtimeMs).toBe(1_600_000_000_000);
  expect(readlinkSync(join(here, 'current'))).toBe('/srv/nowhere');
});

test('nothing runs as somebody else, or is kept from us by its mode', async () => {
  const { here } = folders();
  await land(here, [
    file('suid', 'x', 0o4755),
    other({ path: 'shut', kind: 'folder', mode: 0, mtimeMs: 0 }),
    file('shut/in', 'x', 0),
  ]);
  expect(lstatSync(join(here, 'suid')).mode & 0o7000).toBe(0);
  expect(readFileSync(join(here, 'shut/in'), 'utf8')).toBe('x');
});

test('no link that a node sends is written through, and what came first stays', async () => {
  const { above, here } = folders();
  const { problems, files } = await land(here, [
    other({ path: 'out', kind: 'link', target: above }),
    file('out/escaped', 'evil'),
    file('out', 'evil'),
    other({ path: 'hard', kind: 'again', of: 'out/escaped' }),
    file('fine', 'fine'),
  ]);
  expect(existsSync(join(above, 'escaped'))).toBe(false);
  expect(readdirSync(here).sort()).toEqual(['fine', 'out']);
  expect(files).toBe(2);
  expect(problems.map((problem) => problem.split(':')[0])).toEqual(['out/escaped', 'out', 'hard']);
});

test.each(['../x', '/etc/x', 'a//b', 'a/./b', 'a\0b', '..', ''])('the name %j is refused', async (path) => {
  const { here } = folders();
  await expect(land(here, [file(path, 'evil')])).rejects.toThrow(/entry of the name/);
});

test('what is too deep or too long is left out, and what comes behind it comes', async () => {
  const { here } = folders();
  const deep = Array.from({ length: 300 }, () => 'd').join('/');
  const { files, problems } = await land(here, [
    file(deep, 'x'),
    file('n'.repeat(300), 'x'),
    file('fine', 'x'),
  ]);
  expect(files).toBe(1);
  expect(problems).toHaveLength(2);
});

test('more files than may come are left out, and what came before stays', async () => {
  const { here } = folders();
  expect(await land(here, [file('a', ''), file('b', ''), file('c', '')], 2)).toMatchObject({
    files: 2,
    cut: true,
  });
});

test.each([
  ['was broken off', '{"path":"a","kind":"file","mode":420,"mtimeMs":0,"size":9}\nhalf', /broken off/],
  ['is none', 'hello\n', /no packed tree/],
  ['is none, without an end', 'x'.repeat(100_000), /no packed tree/],
  ['has a mode that is none', '{"path":"a","kind":"folder","mode":-1,"mtimeMs":0}\n', /no packed tree/],
])('a tree that %s is an error', async (_, text, why) => {
  const { here } = folders();
  const source = Readable.from([Buffer.from(text)]);
  await expect(landPacked(source, here, { maxFiles: 10 })).rejects.toThrow(why);
});
