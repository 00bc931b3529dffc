import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { TreeEntry } from '../../../common/protocol/placed-files.ts';
import { cleanTree } from '../../../node-agent/files/clean-tree.ts';
import { temporaryFolder, writeFiles } from '../temporary.ts';

const file = (path: string, content: string, mode = 0o644): TreeEntry => ({
  path,
  type: 'file',
  mode,
  content: createHash('sha256').update(content).digest('hex'),
});

describe('cleaning the working directory', () => {
  test('makes it when it is missing', async () => {
    const work = join(temporaryFolder(), 'deep', 'work');
    expect(await cleanTree(work, [])).toEqual([]);
    expect(readdirSync(work)).toEqual([]);
  });

  test('removes all when nothing is to be kept, hidden and odd names too', async () => {
    const work = temporaryFolder();
    const odd = ['a b', 'quote\'"s', 'new\nline', 'Grüße', '.hidden', '-rf', '*'];
    writeFiles(
      work,
      Object.fromEntries(
        odd.flatMap((name) => [
          [name, 'x'],
          [`d/${name}`, 'y'],
        ]),
      ),
    );
    writeFileSync(Buffer.concat([Buffer.from(`${work}/`), Buffer.from([0xff, 0xfe])]), 'no UTF-8');
    await cleanTree(work, []);
    expect(readdirSync(work)).toEqual([]);
  });

  test('leaves what is right and tells it; what has other bytes or another mode goes', async () => {
    const work = temporaryFolder();
    writeFiles(work, {
      'conf/same': 'same',
      'conf/other': 'old',
      'conf/mode': 'mode',
      'data/extra': 'extra',
    });
    const keep = [file('conf/same', 'same'), file('conf/other', 'new'), file('conf/mode', 'mode', 0o755)];
    expect(await cleanTree(work, keep)).toEqual(['conf/same']);
    expect(readdirSync(work, { recursive: true }).sort()).toEqual(['conf', 'conf/same']);
  });

  test('what changed its kind goes: a file where a folder shall be, and the other way round', async () => {
    const work = temporaryFolder();
    writeFiles(work, { folder: 'a file', 'file/inside': 'a folder' });
    const keep: TreeEntry[] = [{ path: 'folder', type: 'directory', mode: 0o755 }, file('file', 'x')];
    expect(await cleanTree(work, keep)).toEqual([]);
    expect(readdirSync(work)).toEqual([]);
  });

  test('a folder with another mode keeps what is right in it and gets its mode', async () => {
    const work = temporaryFolder();
    writeFiles(work, { 'd/f': 'f' });
    chmodSync(join(work, 'd'), 0o700);
    const keep: TreeEntry[] = [{ path: 'd', type: 'directory', mode: 0o750 }, file('d/f', 'f')];
    expect(await cleanTree(work, keep)).toEqual(['d', 'd/f']);
    expect(lstatSync(join(work, 'd')).mode & 0o777).toBe(0o750);
  });

  test('links are compared by their target and never followed', async () => {
    const outside = temporaryFolder();
    writeFiles(outside, { precious: 'precious' });
    const work = temporaryFolder();
    for (const name of ['kept', 'wrong', 'unknown']) symlinkSync(outside, join(work, name));
    const keep: TreeEntry[] = [
      { path: 'kept', type: 'link', mode: 0o777, content: outside },
      { path: 'wrong', type: 'link', mode: 0o777, content: '/elsewhere' },
      { path: 'unknown/precious', type: 'file', mode: 0o644 },
    ];
    expect(await cleanTree(work, keep)).toEqual(['kept']);
    expect(readFileSync(join(outside, 'precious'), 'utf8')).toBe('precious');
    expect(readdirSync(work)).toEqual(['kept']);
  });

  test('a cancelled clean-up stops at the next file', async () => {
    const work = temporaryFolder();
    writeFiles(work, { one: '1' });
    await expect(cleanTree(work, [], AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
    expect(existsSync(join(work, 'one'))).toBe(true);
  });

  test('a thousand files that are right stay', async () => {
    const work = temporaryFolder();
    mkdirSync(join(work, 'd'));
    const names = Array.from({ length: 1000 }, (_, index) => `d/${index}`);
    writeFiles(work, Object.fromEntries(names.map((name) => [name, name])));
    expect(
      await cleanTree(
        work,
        names.map((name) => file(name, name)),
      ),
    ).toHaveLength(1000);
  });
});
