import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Originals } from '../../../node-agent/files/originals.ts';
import { place } from '../../../node-agent/files/place.ts';
import { temporaryFolder, writeFiles } from '../temporary.ts';

/** Runs a program as root, which the tests' user is or becomes by sudo; `undo` when the test ends. */
function asRoot(command: readonly string[], undo?: readonly string[]): void {
  const run = (words: readonly string[]) => {
    const [program = '', ...args] = process.getuid?.() === 0 ? words : ['sudo', '-n', ...words];
    execFileSync(program, args, { stdio: 'pipe' });
  };
  run(command);
  if (undo) onTestFinished(() => run(undo));
}

/** A target with `old` in it, and `new` to be placed there. */
function target() {
  const folder = temporaryFolder();
  writeFiles(folder, { 'etc/hosts': 'old', new: 'new', other: 'other' }, 0o640);
  const originals = new Originals(join(folder, 'state'));
  const to = join(folder, 'etc/hosts');
  const owner = String(process.getuid?.() ?? 0);
  const placing = () => place([{ from: join(folder, 'new'), to, mode: 0o644, owner }], originals);
  const read = () => readFileSync(to, 'utf8');
  return { folder, originals, to, placing, read };
}

test('what is mounted itself, as /etc/hosts in a container, is written in place and comes back', async () => {
  const { folder, originals, to, placing, read } = target();
  const mounted = join(folder, 'mounted');
  writeFiles(folder, { mounted: 'of the engine' }, 0o640);
  asRoot(['mount', '--bind', mounted, to], ['umount', to]);
  const { ino } = lstatSync(to);
  expect(await placing()).toEqual([to]);
  expect(read()).toBe('new');
  expect(lstatSync(to)).toMatchObject({ ino });
  expect(lstatSync(to).mode & 0o777).toBe(0o644);
  expect(await originals.restore()).toEqual({ restored: [to], problems: [] });
  expect(read()).toBe('of the engine');
  expect(lstatSync(to).mode & 0o777).toBe(0o640);
});

test('a folder on a file system for reading only is told, and blocks nothing afterwards', async () => {
  const { folder, originals, to, placing, read } = target();
  const etc = join(folder, 'etc');
  asRoot(['mount', '--bind', etc, etc], ['umount', etc]);
  asRoot(['mount', '-o', 'remount,bind,ro', etc]);
  await expect(placing()).rejects.toThrow(
    `${to} cannot be changed: it is on a file system that is mounted for`,
  );
  expect(await originals.restore()).toEqual({ restored: [to], problems: [] });
  expect(read()).toBe('old');
});

test('what cannot be put back is told and kept; all else is put back, and it later', async () => {
  const { folder, originals, to, placing, read } = target();
  await placing();
  const owner = String(process.getuid?.() ?? 0);
  const made = join(folder, 'a/made');
  await place([{ from: join(folder, 'new'), to: made, owner }], originals);
  const etc = join(folder, 'etc');
  asRoot(['mount', '--bind', etc, etc]);
  asRoot(['mount', '-o', 'remount,bind,ro', etc]);
  const words = `${to} cannot be changed: it is on a file system that is mounted for reading only`;
  expect(await originals.restore()).toEqual({ restored: [made], problems: [words] });
  expect(existsSync(join(folder, 'a'))).toBe(false);
  asRoot(['umount', etc]);
  expect(read()).toBe('new');
  expect(await new Originals(join(folder, 'state')).restore()).toEqual({ restored: [to], problems: [] });
  expect(read()).toBe('old');
});

test('a record that cannot be read blocks nothing', async () => {
  const { folder, originals, to, placing } = target();
  await placing();
  const broken = join(folder, 'state/broken.json');
  writeFileSync(broken, '{"path": "/etc/');
  expect(await originals.restore()).toEqual({ restored: [to], problems: [`${broken}: it cannot be read`] });
});

test('a folder that came into being at the place is told when it is to be put back', async () => {
  const { originals, to, placing } = target();
  await placing();
  execFileSync('rm', [to]);
  mkdirSync(join(to, 'theirs'), { recursive: true });
  const { restored, problems } = await originals.restore();
  expect(restored).toEqual([]);
  expect(problems.join()).toContain(to);
});
