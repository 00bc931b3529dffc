import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pruneOld } from './prune-old.ts';

/** Days. */
const keepFor = 30;
const lookEvery = 1;

/**
 * Removes what was compiled of us more than 30 days ago: the modules (bin/start.mjs keeps them; Node itself
 * removes nothing there), and agents of other versions, packed or not. What is still used is compiled anew.
 * The folders are looked through once a day. Throws where there is no folder of compiled modules.
 */
export async function pruneCompiled(cacheDir: string, clock: () => number): Promise<void> {
  const compiled = join(cacheDir, 'compiled');
  const looked = join(compiled, 'looked-through');
  const last = await stat(looked).catch(() => undefined);
  if (last && clock() - last.mtimeMs < lookEvery * 86_400_000) return;
  await writeFile(looked, '');
  for (const folder of await readdir(compiled, { withFileTypes: true }))
    if (folder.isDirectory()) await pruneOld(join(compiled, folder.name), keepFor);
  await pruneOld(join(cacheDir, 'agent'), keepFor, /\.(cjs|pack)(\.(zstd|gzip))?$/);
}
