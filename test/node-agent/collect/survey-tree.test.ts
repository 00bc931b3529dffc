import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { planCollection } from '../../../node-agent/collect/plan.ts';
import { surveyTree } from '../../../node-agent/collect/survey-tree.ts';
import { temporaryFolder, writeFiles } from '../temporary.ts';

describe('what may travel', () => {
  test('a folder in order stands for all that is in it, odd names and links too', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, { 'a b/new\nline': '1', 'Grüße/"x"': '2' });
    symlinkSync('/nowhere', join(folder, 'dangling'));
    mkdirSync(join(folder, 'empty'));
    expect(await surveyTree(folder, 100)).toEqual({ paths: [folder], problems: [] });
  });

  test('sockets, pipes and files that are too big stay, and are told; their neighbours travel', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, {
      'good/file': 'x',
      'mixed/small': 'x',
      'mixed/big': 'x'.repeat(8192),
      'mixed/sub/y': 'y',
    });
    const socket = createServer().listen(join(folder, 'mixed/socket'));
    onTestFinished(() => void socket.close());
    await new Promise((resolve) => socket.once('listening', resolve));
    execFileSync('mkfifo', [join(folder, 'mixed/pipe')]);
    const { paths, problems } = await surveyTree(folder, 4096);
    expect([...paths].sort()).toEqual(['good', 'mixed/small', 'mixed/sub'].map((path) => join(folder, path)));
    expect([...problems].sort()).toEqual([
      `${folder}/mixed/big: 8192 bytes, more than the 4096 that may travel`,
      `${folder}/mixed/pipe: a pipe cannot travel`,
      `${folder}/mixed/socket: a socket cannot travel`,
    ]);
  });

  test('of a sparse file, what it takes on disk counts', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'sparse'), '');
    truncateSync(join(folder, 'sparse'), 2 ** 34);
    expect(await surveyTree(folder, 1024)).toEqual({ paths: [folder], problems: [] });
  });

  test('a name that is no UTF-8 travels with its folder, or is told', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, { 'd/fine': 'x' });
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/d/`), Buffer.from([0xff])]), 'x');
    expect((await surveyTree(folder, 100)).paths).toEqual([folder]);
    execFileSync('mkfifo', [join(folder, 'd/pipe')]);
    const { paths, problems } = await surveyTree(folder, 100);
    expect(paths).toEqual([join(folder, 'd/fine')]);
    expect(problems).toHaveLength(2);
  });

  test('file systems that only tell are left out', async () => {
    expect(await surveyTree('/proc/self', 100)).toMatchObject({
      paths: [],
      problems: [expect.stringContaining('/proc/self')],
    });
  });
});

describe('what is asked for', () => {
  const plan = (workingDir: string, ...globs: string[]) =>
    planCollection({ workingDir, globs, maxFileSize: 1000 });

  test('globs and paths, each file once', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, {
      'work/x': 'x',
      'log/a.log': 'a',
      'log/b.log': 'b',
      'log/c.txt': 'c',
      'log/sub/d.log': 'd',
    });
    const { paths, problems } = await plan(
      `${folder}/work`,
      `${folder}/log/*.log`,
      `${folder}/log/a.log`,
      `${folder}/work/x`,
      `${folder}/**/d.log`,
    );
    expect([...paths].sort()).toEqual(
      ['log/a.log', 'log/b.log', 'log/sub/d.log', 'work'].map((path) => join(folder, path)),
    );
    expect(problems).toEqual([]);
  });

  test('a path that exists is no glob, whatever letters it has', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, { 'work/x': 'x', 'log [1].txt': 'x' });
    expect((await plan(`${folder}/work`, `${folder}/log [1].txt`)).paths).toContain(`${folder}/log [1].txt`);
  });

  test('what matches nothing, or is not absolute, is told; the rest still comes', async () => {
    const folder = temporaryFolder();
    expect(await plan(folder, '/nowhere/**', 'etc/*.conf')).toEqual({
      paths: [folder],
      unmatched: ['/nowhere/**'],
      problems: ['etc/*.conf: not an absolute path'],
    });
  });

  test('problems without end are counted', async () => {
    const folder = temporaryFolder();
    writeFiles(
      folder,
      Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`big${index}`, 'x'.repeat(5000)])),
    );
    const { problems } = await plan(folder);
    expect(problems).toHaveLength(201);
    expect(problems.at(-1)).toBe('… and 100 more');
  });
});
