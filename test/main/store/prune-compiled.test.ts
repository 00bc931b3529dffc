import { existsSync, mkdirSync, mkdtempSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pruneCompiled } from '../../../main/store/prune-compiled.ts';

const day = 86_400_000;

/** A cache with files of ours, each of the given age in days. */
function cacheWith(ages: Readonly<Record<string, number>>): (name: string) => string {
  const cache = mkdtempSync(join(tmpdir(), 'shakedown-compiled-'));
  for (const [name, age] of Object.entries(ages)) {
    const file = join(cache, name);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, '');
    const time = new Date(Date.now() - age * day);
    utimesSync(file, time, time);
  }
  return (name) => join(cache, name);
}

test('what was compiled more than 30 days ago goes, and nothing else', async () => {
  const place = cacheWith({
    'compiled/v24/old': 31,
    'compiled/v24/new': 29,
    'agent/old.cjs': 31,
    'agent/old.cjs.zstd': 31,
    'agent/new.cjs.gzip': 29,
    'agent/new.cjs': 29,
    'agent/old.pack.gzip': 31,
    'agent/new.pack': 29,
    'agent/old.lock': 31,
    'runtime/node': 400,
  });
  await pruneCompiled(place(''), Date.now);
  const gone = ['compiled/v24/old', 'agent/old.cjs', 'agent/old.cjs.zstd', 'agent/old.pack.gzip'];
  const kept = [
    'compiled/v24/new',
    'agent/new.cjs',
    'agent/new.cjs.gzip',
    'agent/new.pack',
    'agent/old.lock',
    'runtime/node',
  ];
  expect(gone.filter((name) => existsSync(place(name)))).toEqual([]);
  expect(kept.filter((name) => !existsSync(place(name)))).toEqual([]);
});

test('the folders are looked through once a day', async () => {
  const place = cacheWith({ 'compiled/v24/new': 0 });
  await pruneCompiled(place(''), Date.now);
  const file = place('compiled/v24/old');
  writeFileSync(file, '');
  utimesSync(file, 0, 0);
  await pruneCompiled(place(''), () => Date.now() + 0.9 * day);
  expect(existsSync(file)).toBe(true);
  await pruneCompiled(place(''), () => Date.now() + 1.1 * day);
  expect(existsSync(file)).toBe(false);
});

test('where nothing was ever compiled, nothing is made', async () => {
  const place = cacheWith({});
  await expect(pruneCompiled(place(''), Date.now)).rejects.toThrow('ENOENT');
  expect(readdirSync(place(''))).toEqual([]);
});
