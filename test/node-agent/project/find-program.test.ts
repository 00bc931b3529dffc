import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { emptyFolders } from '../../../node-agent/project/empty-folders.ts';
import { findProgram } from '../../../node-agent/project/find-program.ts';
import { temporaryFolder } from '../temporary.ts';

test('a program is found by its path from where it would be run, or by its name in the folders of PATH', async () => {
  const directory = temporaryFolder();
  mkdirSync(join(directory, 'bin'));
  for (const [name, mode] of [['run', 0o755] as const, ['text', 0o644] as const]) {
    writeFileSync(join(directory, 'bin', name), '#!/bin/sh\n');
    chmodSync(join(directory, 'bin', name), mode);
  }
  const found = async (program: string, path = '/nowhere') =>
    (await findProgram({ program, directory, path })).found;
  expect(await found('bin/run')).toBe(true);
  expect(await found(join(directory, 'bin/run'))).toBe(true);
  expect(await found('run')).toBe(false);
  expect(await found('run', '/nowhere:bin'), 'a relative folder').toBe(true);
  expect(await found('text', 'bin'), 'nobody may run it').toBe(false);
  expect(await found('bin', '.'), 'a folder').toBe(false);
  expect((await findProgram({ program: 'sh', directory })).found, 'by our own PATH').toBe(true);
});

test('folders are made, and what is in them goes', async () => {
  const directory = temporaryFolder();
  const [old, fresh] = [join(directory, 'old'), join(directory, 'a/fresh')];
  mkdirSync(join(old, 'deep'), { recursive: true });
  const { processors } = await emptyFolders({ folders: [old, fresh] });
  expect(processors).toBeGreaterThan(0);
  // A folder that is not empty is not removed by rmdir(2).
  for (const folder of [old, fresh]) expect(() => mkdirSync(join(folder, 'deep'))).not.toThrow();
});
