import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import type { ProjectFile } from '../../../common/protocol/project-protocol.ts';
import { AgentState } from '../../../node-agent/agent-state.ts';
import { SyncedProject } from '../../../node-agent/project/sync-project.ts';
import { temporaryFolder } from '../temporary.ts';

const { signal } = new AbortController();

type Files = Readonly<Record<string, string>>;

const fileOf = (path: string, text: string): ProjectFile =>
  text.startsWith('->')
    ? [path, 0o777, text]
    : [path, 0o644, createHash('sha256').update(text).digest('hex')];

/**
 * A project on a node. `sync` does what the main host does: it writes what is missing, and has it checked.
 */
function project() {
  const folder = temporaryFolder();
  const directory = join(folder, 'project');
  const at = (path: string) => join(directory, path);
  const put = (path: string, text: string) => {
    mkdirSync(dirname(at(path)), { recursive: true });
    rmSync(at(path), { force: true });
    if (text.startsWith('->')) symlinkSync(text.slice(2), at(path));
    else writeFileSync(at(path), text);
  };
  const sync = async (files: Files, arriving = put) => {
    const synced = new SyncedProject(directory, new AgentState(join(folder, 'state')));
    const manifest = Object.entries(files).map(([path, text]) => fileOf(path, text));
    const { missing, deleted } = await synced.plan(Readable.from([JSON.stringify(manifest)]), signal);
    const sent = missing.map((index) => manifest[index]?.[0] ?? '');
    for (const path of sent) arriving(path, files[path] ?? '');
    const wrong = (await synced.check(signal)).map((index) => manifest[index]?.[0]);
    return { sent, deleted, wrong };
  };
  return { sync, put, at, text: (path: string) => readFileSync(at(path), 'utf8') };
}

test('only what changed travels', async () => {
  const { sync } = project();
  const files = { a: '1', 'lib/b': '2', link: '->a' };
  expect((await sync(files)).sent).toEqual(['a', 'lib/b', 'link']);
  expect((await sync(files)).sent).toEqual([]);
  expect((await sync({ ...files, a: '3' })).sent).toEqual(['a']);
});

test('a file that tests changed is sent again, one of the same size and time too', async () => {
  const { sync, put, at, text } = project();
  await sync({ a: 'one' });
  const { mtime } = statSync(at('a'));
  put('a', 'two');
  const { utimesSync } = await import('node:fs');
  utimesSync(at('a'), mtime, mtime);
  expect((await sync({ a: 'one' })).sent).toEqual(['a']);
  expect(text('a')).toBe('one');
});

test('a file that the project has no more goes; what tests and hooks made stays', async () => {
  const { sync, put, at } = project();
  await sync({ 'old/a': '1', 'mixed/b': '2', c: '3' });
  put('mixed/made', 'by a hook');
  const { deleted } = await sync({ c: '3' });
  expect(deleted).toBe(2);
  expect([existsSync(at('old')), existsSync(at('mixed/b')), existsSync(at('mixed/made'))]).toEqual([
    false,
    false,
    true,
  ]);
});

test('nothing is deleted or written through a link that something put in a folder’s place', async () => {
  const { sync, put, at } = project();
  await sync({ 'data/a': '1' });
  const elsewhere = temporaryFolder();
  writeFileSync(join(elsewhere, 'a'), 'precious');
  const detour = () => {
    rmSync(at('data'), { recursive: true, force: true });
    symlinkSync(elsewhere, at('data'));
  };
  detour();
  await sync({ b: '2' });
  expect(readFileSync(join(elsewhere, 'a'), 'utf8')).toBe('precious');
  await sync({ 'data/a': '1' });
  detour();
  await sync({ 'data/a': '5' }, (path, text) => {
    expect(statSync(at('data'), { throwIfNoEntry: false })).toBeUndefined();
    put(path, text);
  });
  expect(readFileSync(join(elsewhere, 'a'), 'utf8')).toBe('precious');
});

test('a file takes a folder’s place and a folder a file’s', async () => {
  const { sync, text } = project();
  await sync({ 'a/b': '1', c: '2' });
  await sync({ a: '3', 'c/d': '4' });
  expect([text('a'), text('c/d')]).toEqual(['3', '4']);
});

test('a folder of the tests’ own in a file’s place is named, not deleted', async () => {
  const { sync, put } = project();
  put('report/made', 'x');
  await expect(sync({ report: '1' })).rejects.toThrow(/a folder that no sync brought .*\/report$/);
});

test('a sync that was broken off is taken up, and what it brought is known', async () => {
  const { sync, at } = project();
  await sync({ a: '1', b: '2' }, (path, content) => {
    if (path === 'a') writeFileSync(at(path), content);
  });
  expect((await sync({ c: '3' })).deleted).toBe(2);
  expect(existsSync(at('a'))).toBe(false);
});

test('what did not arrive as it was is told', async () => {
  const { sync, put } = project();
  const { wrong } = await sync({ a: '1', b: '2' }, (path) =>
    put(path, path === 'a' ? '1' : 'changed meanwhile'),
  );
  expect(wrong).toEqual(['b']);
});
