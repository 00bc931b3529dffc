import { mkdtempSync, readdirSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { noteUnshared, whyUnshared } from '../../../main/layers/unshared.ts';

test('what is not kept as a layer is remembered for as long as somebody asks for it', async () => {
  const cache = mkdtempSync(join(tmpdir(), 'unshared-'));
  for (const key of ['asked', 'old']) await noteUnshared(cache, key, `${key} is no layer`);
  const folder = join(cache, 'layers/unshared');
  const then = new Date(Date.now() - 31 * 86_400_000);
  for (const name of readdirSync(folder)) utimesSync(join(folder, name), then, then);
  expect(await whyUnshared(cache, 'asked')).toBe('asked is no layer');
  await noteUnshared(cache, 'new', 'new is no layer');
  expect(readdirSync(folder).sort()).toEqual(['asked', 'new']);
  await noteUnshared(cache, 'asked', undefined);
  expect([await whyUnshared(cache, 'asked'), await whyUnshared(cache, 'old')]).toEqual([
    undefined,
    undefined,
  ]);
});
