import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { takeFile } from '../store/lock-file.ts';
import { pruneOld } from '../store/prune-old.ts';

/** ms between two looks at who makes a layer. */
const lookEvery = 100;

/**
 * Waits until nobody else of this cache makes the layer of that key, and makes all others wait until it is
 * disposed of. A maker that was killed is nobody. `waits` is told once which process is waited for.
 */
export async function takeTurn(
  cacheDir: string,
  key: string,
  waits: (pid: number) => void,
  signal: AbortSignal,
): Promise<Disposable> {
  const folder = join(cacheDir, 'layers');
  await mkdir(folder, { recursive: true });
  await removeLeftovers(folder);
  for (let told = false; ; ) {
    const taken = takeFile(join(folder, `${key}.lock`));
    if (typeof taken === 'function') return { [Symbol.dispose]: taken };
    if (taken !== 'busy' && !told) {
      waits(taken.pid);
      told = true;
    }
    await sleep(taken === 'busy' ? 5 : lookEvery, undefined, { signal });
  }
}

/** What makers that were killed left, of whose layers nobody asked since. One that lives keeps its lock. */
async function removeLeftovers(folder: string): Promise<void> {
  await pruneOld(folder, 1, /\.lock$/, (file) => {
    const taken = takeFile(file);
    if (typeof taken === 'function') taken();
  });
  await pruneOld(folder, 1, /\.lock\./, (file) => rm(file, { force: true }));
}
