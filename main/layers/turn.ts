import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { takeFile } from '../store/lock-file.ts';

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
