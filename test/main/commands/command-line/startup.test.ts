import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { scenarioOf } from '../../config/scenario-folder.ts';
import { folder } from '../../remotes/fake-node.ts';
import { loadedBy } from './loaded-by.ts';

const program = join(import.meta.dirname, '../../../../bin/shakedown.mjs');

test.each(['--version', '--help', 'run --help'])('%s loads no command', async (line) => {
  const { packages, ours } = await loadedBy(program, line.split(' '), folder());
  expect(packages).toEqual(['cac']);
  expect(ours.length).toBeLessThan(35);
});

test('the list of runs loads what reads a record', async () => {
  const { packages, languages } = await loadedBy(program, ['runs', 'list'], folder());
  expect(packages).toEqual(['cac', 'zod']);
  expect(languages).toBe(1);
});

test('the config loads what reads a config, and nothing that makes machines or reaches them', async () => {
  const { directory } = scenarioOf({ nodes: 'nspawn({ count: 2 })' });
  const { packages, ours } = await loadedBy(program, ['config'], directory);
  expect(packages).toEqual(['cac', 'zod']);
  expect(ours.length).toBeLessThan(160);
  const other = ours.filter((url) => /work-loop|distribute-schema|create-cluster/.test(url));
  expect(other).toEqual([]);
});

test('what is compiled of a config is found again by the next process', async () => {
  const { directory } = scenarioOf({ nodes: 'nspawn({ count: 2 })' });
  const cache = folder();
  const files = async () => {
    await execa(process.execPath, [program, 'config'], { cwd: directory, env: { SHAKEDOWN_CACHE: cache } });
    return readdirSync(join(cache, 'compiled'), { recursive: true }).length;
  };
  const first = await files();
  expect(first).toBeGreaterThan(100);
  expect(await files()).toBe(first);
});
