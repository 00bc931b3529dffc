import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { reloadUnits } from '../../systemd/units.ts';

/** Below /run: it goes with the next boot at the latest. It comes last among a unit's own. */
const dropIn = 'zz-shakedown-held-down.conf';
const directory = '/run/systemd/system';

/** Keeps systemd from starting a unit again by itself, until `letRestart`. `id`: its name with the suffix. */
export async function holdDown(id: string): Promise<void> {
  const file = join(directory, `${id}.d`, dropIn);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, '[Service]\nRestart=no\n');
  await reloadUnits();
}

/** Leaves the unit to systemd again. */
export const letRestart = (id: string): Promise<void> => remove([join(directory, `${id}.d`, dropIn)]);

/** Leaves all units to systemd again that an agent held down. */
export function letAllRestart(): Promise<void> {
  const folders = existsSync(directory) ? readdirSync(directory) : [];
  return remove(folders.filter((name) => name.endsWith('.d')).map((name) => join(directory, name, dropIn)));
}

async function remove(files: readonly string[]): Promise<void> {
  const held = files.filter((file) => existsSync(file));
  for (const file of held) {
    rmSync(file, { force: true });
    if (readdirSync(dirname(file)).length === 0) rmdirSync(dirname(file));
  }
  if (held.length > 0) await reloadUnits();
}
