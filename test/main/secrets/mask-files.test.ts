import {
  appendFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { maskFiles } from '../../../main/secrets/mask-files.ts';
import { Secrets } from '../../../main/secrets/secrets.ts';

const secrets = new Secrets({ A: 'correct-horse', B: 'horse-battery' });

function folder(): string {
  const directory = mkdtempSync(join(tmpdir(), 'shakedown-mask-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

test('texts are written anew, with their modes; links are not followed, and other names keep what they had', async () => {
  const outside = join(folder(), 'outside');
  writeFileSync(outside, 'correct-horse');
  const directory = folder();
  mkdirSync(join(directory, 'deep'));
  const file = join(directory, 'deep', 'config');
  writeFileSync(file, 'a=correct-horse\nb=horse-battery\nboth=correct-horse-battery\n', { mode: 0o400 });
  symlinkSync(outside, join(directory, 'link'));
  linkSync(outside, join(directory, 'hard'));
  writeFileSync(join(directory, 'other'), 'nothing');
  const masked = await maskFiles(directory, secrets);
  expect(masked.map(({ file, names }) => [file.slice(directory.length), names])).toEqual([
    ['/deep/config', ['A', 'B']],
    ['/hard', ['A']],
  ]);
  expect(readFileSync(file, 'utf8')).toBe('a=[secret A]\nb=[secret B]\nboth=[secret A][secret B]\n');
  expect(statSync(file).mode & 0o777).toBe(0o400);
  expect(readFileSync(outside, 'utf8')).toBe('correct-horse');
});

test('what is no text keeps its length, also where a value lies across two pieces of it', async () => {
  const directory = folder();
  const file = join(directory, 'database');
  const content = Buffer.alloc(3 * 1024 * 1024, 'x');
  content[0] = 0;
  const places = [1, 1024 * 1024 - 5, 2 * 1024 * 1024 - 13, content.length - 13];
  for (const at of places) content.write('correct-horse', at);
  writeFileSync(file, content);
  await maskFiles(directory, secrets);
  const found = readFileSync(file);
  expect(found.length).toBe(content.length);
  expect(found.includes('correct-horse')).toBe(false);
  for (const at of places) expect(found.toString('latin1', at, at + 13)).toBe('*'.repeat(13));
});

test('a sparse file of many gigabytes stays sparse', async () => {
  const directory = folder();
  const file = join(directory, 'sparse');
  writeFileSync(file, '');
  truncateSync(file, 64 * 1024 ** 3);
  expect(await maskFiles(directory, secrets)).toEqual([]);
  expect(statSync(file).blocks).toBe(0);
});

test('of a sparse file only what it holds is read, and masked', async () => {
  const directory = folder();
  const [clean, telling] = [join(directory, 'clean'), join(directory, 'telling')];
  const size = 400 * 1024 ** 3;
  for (const file of [clean, telling]) {
    writeFileSync(file, 'begin');
    truncateSync(file, size);
  }
  // To read it all would take minutes.
  const begun = performance.now();
  expect(await maskFiles(directory, secrets)).toEqual([]);
  expect(performance.now() - begun).toBeLessThan(60_000);
  rmSync(clean);
  truncateSync(telling, 64 * 1024 ** 2);
  appendFileSync(telling, 'a\0correct-horse');
  truncateSync(telling, 128 * 1024 ** 2);
  expect(await maskFiles(directory, secrets)).toEqual([{ file: telling, names: ['A'] }]);
  const found = readFileSync(telling);
  expect(found.subarray(64 * 1024 ** 2, 64 * 1024 ** 2 + 20).toString()).toBe(
    `a\0${'*'.repeat(13)}${'\0'.repeat(5)}`,
  );
  expect(statSync(telling).blocks * 512).toBeLessThan(1024 ** 2);
});
