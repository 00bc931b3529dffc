import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Originals } from '../../../node-agent/files/originals.ts';
import { place } from '../../../node-agent/files/place.ts';
import { temporaryFolder, writeFiles } from '../temporary.ts';

const owner = String(process.getuid?.() ?? 0);

describe('placing files and putting back what was there', () => {
  test('a file comes back with its bytes, mode and times', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, { 'etc/app.conf': 'old', 'work/app.conf': 'new' });
    const target = join(folder, 'etc/app.conf');
    chmodSync(target, 0o640);
    utimesSync(target, 1000, 2000);
    const originals = new Originals(join(folder, 'state'));
    const placed = await place(
      [{ from: join(folder, 'work/app.conf'), to: target, mode: 0o600, owner }],
      originals,
    );
    expect(placed).toEqual([target]);
    expect(readFileSync(target, 'utf8')).toBe('new');
    expect(lstatSync(target).mode & 0o777).toBe(0o600);

    expect(await originals.restore()).toEqual({ restored: [target], problems: [] });
    expect(readFileSync(target, 'utf8')).toBe('old');
    expect(lstatSync(target)).toMatchObject({ mtimeMs: 2_000_000, mode: expect.any(Number) });
    expect(lstatSync(target).mode & 0o777).toBe(0o640);
  });

  test('another agent, after a crash, can put it back; once', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, { target: 'old', new: 'new' });
    const to = join(folder, 'target');
    await place([{ from: join(folder, 'new'), to, owner }], new Originals(join(folder, 'state')));
    // A second run that places again must not take the placed file for the original.
    await place([{ from: join(folder, 'new'), to, owner }], new Originals(join(folder, 'state')));
    expect(await new Originals(join(folder, 'state')).restore()).toMatchObject({ restored: [to] });
    expect(readFileSync(to, 'utf8')).toBe('old');
    writeFileSync(to, 'changed by someone else');
    expect(await new Originals(join(folder, 'state')).restore()).toMatchObject({ restored: [] });
    expect(readFileSync(to, 'utf8')).toBe('changed by someone else');
  });

  test('what was not there goes away, and the folders made for it unless they are in use', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, { new: 'new' });
    const originals = new Originals(join(folder, 'state'));
    const targets = ['a/b/one', 'c/d/two'].map((path) => join(folder, path));
    await place(
      targets.map((to) => ({ from: join(folder, 'new'), to, owner })),
      originals,
    );
    writeFiles(folder, { 'c/theirs': 'x' });
    await originals.restore();
    expect(existsSync(join(folder, 'a'))).toBe(false);
    expect(existsSync(join(folder, 'c/d'))).toBe(false);
    expect(existsSync(join(folder, 'c/theirs'))).toBe(true);
  });

  test('a link is replaced and not written through, and comes back', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, { real: 'real', new: 'new' });
    const to = join(folder, 'link');
    symlinkSync('real', to);
    const originals = new Originals(join(folder, 'state'));
    await place([{ from: join(folder, 'new'), to, owner }], originals);
    expect(readFileSync(join(folder, 'real'), 'utf8')).toBe('real');
    await originals.restore();
    expect(readlinkSync(to)).toBe('real');
  });

  test('a folder stands for the files in it, each with its own mode', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, { 'work/tls/key.pem': 'key', 'work/tls/sub/cert.pem': 'cert' });
    chmodSync(join(folder, 'work/tls/key.pem'), 0o600);
    const placed = await place(
      [{ from: join(folder, 'work/tls'), to: join(folder, 'etc/tls'), owner }],
      new Originals(join(folder, 'state')),
    );
    expect(placed).toEqual([join(folder, 'etc/tls/key.pem'), join(folder, 'etc/tls/sub/cert.pem')]);
    expect(lstatSync(join(folder, 'etc/tls/key.pem')).mode & 0o777).toBe(0o600);
  });

  test('a folder at the place is refused and nothing is changed', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, { new: 'new' });
    mkdirSync(join(folder, 'etc'));
    const originals = new Originals(join(folder, 'state'));
    const attempt = place([{ from: join(folder, 'new'), to: join(folder, 'etc'), owner }], originals);
    await expect(attempt).rejects.toThrow('a folder is there');
    expect(await originals.paths()).toEqual([]);
  });

  test.each([
    [
      'a source that does not exist',
      { from: '/nowhere/x', to: '/nowhere/y' },
      'nothing to place at /nowhere/y',
    ],
    ['a relative place', { from: '/etc/hostname', to: 'etc/x' }, "cannot place a file at 'etc/x'"],
    ['a place with ..', { from: '/etc/hostname', to: '/srv/../etc/x' }, 'cannot place a file'],
    [
      'an unknown owner',
      { from: '/etc/hostname', to: '/srv/x', owner: 'nobody-of-that-name' },
      "no user 'nobody-of-that-name'",
    ],
  ])('%s is told', async (_, file, message) => {
    const state = join(temporaryFolder(), 'state');
    await expect(place([file], new Originals(state))).rejects.toThrow(message);
  });

  test('a file that someone removed meanwhile is made again', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, { 'etc/conf': 'old', new: 'new' });
    const originals = new Originals(join(folder, 'state'));
    await place([{ from: join(folder, 'new'), to: join(folder, 'etc/conf'), owner }], originals);
    rmSync(join(folder, 'etc'), { recursive: true });
    await originals.restore();
    expect(readFileSync(join(folder, 'etc/conf'), 'utf8')).toBe('old');
  });
});
