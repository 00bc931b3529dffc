import { randomBytes } from 'node:crypto';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Days after which the place of a project that nobody tests any more goes. */
const days = 30;

/**
 * The beginning of the names of places that are being removed: by an agent that may have been killed since.
 */
const going = '.going-';

/**
 * Removes what projects have left beside the place of this one, and in the `state` of their shares, which no
 * distribution used for a long time: where the main host that sent one is gone, or its folder there, nobody
 * else would. Places without the rights for it stay. Does not throw.
 */
export async function removeOldPlaces(place: string, state: string): Promise<void> {
  const [places, states] = [dirname(place), dirname(state)];
  // Whatever anybody asks for: nothing else is looked through.
  if (!places.endsWith('/shakedown/distribute') || basename(states) !== 'shares') return;
  const oldest = Date.now() - days * 86_400_000;
  for (const name of await readdir(places).catch(() => [])) {
    const old = join(places, name);
    if (name === basename(place) || (!name.startsWith(going) && (await lastUse(old)) > oldest)) continue;
    // Who comes back to it meanwhile begins anew.
    const aside = name.startsWith(going) ? old : join(places, going + randomBytes(6).toString('hex'));
    try {
      if (aside !== old) await rename(old, aside);
      await rm(aside, { recursive: true, force: true });
      await rm(join(states, name), { recursive: true, force: true });
    } catch {
      // What its tests made as root only root removes.
    }
  }
}

/** ms since the epoch: each use makes the folder of the reports anew, and reports come into that. */
async function lastUse(place: string): Promise<number> {
  const looks = [place, join(place, 'reports')].map((folder) => stat(folder).catch(() => undefined));
  return Math.max(...(await Promise.all(looks)).map((stats) => stats?.mtimeMs ?? 0));
}
