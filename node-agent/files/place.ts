import { lstatSync, readdirSync } from 'node:fs';
import { isAbsolute, join, normalize } from 'node:path';
import { ShakedownError } from '../../common/errors.ts';
import type { PlacedFile } from '../../common/protocol/placed-files.ts';
import { findOwner } from '../account.ts';
import type { Originals } from './originals.ts';
import { replaceFile } from './replace-file.ts';

/**
 * Puts files where the node's software looks for them; what was there is kept in `originals`. Each file
 * comes into being whole, with its mode and owner, or is written in place where it is a mount point. A link
 * at the place is replaced, not followed. Gives the places. Throws ShakedownError for a missing source, an
 * unknown owner, or a place that is not one.
 */
export async function place(files: readonly PlacedFile[], originals: Originals): Promise<string[]> {
  const all = files.flatMap(expand);
  const owners = new Map<string, { uid: number; gid: number }>();
  for (const { owner = 'root' } of all) {
    if (!owners.has(owner)) owners.set(owner, owner === 'root' ? { uid: 0, gid: 0 } : await findOwner(owner));
  }
  for (const file of all) {
    await originals.keep(file.to);
    await put(file, owners.get(file.owner ?? 'root') ?? { uid: 0, gid: 0 });
  }
  return all.map((file) => file.to);
}

async function put({ from, to, mode }: PlacedFile, owner: { uid: number; gid: number }): Promise<void> {
  const asRoot = process.getuid?.() === 0;
  const permissions = mode ?? lstatSync(from).mode & 0o7777;
  await replaceFile(to, { from, mode: permissions, owner: asRoot ? owner : undefined });
}

/** A folder as the files in it; a file as itself. */
function expand(file: PlacedFile): PlacedFile[] {
  if (!isAbsolute(file.to) || file.to.endsWith('/') || normalize(file.to) !== file.to) {
    throw new ShakedownError({
      message: `cannot place a file at '${file.to}'`,
      hint: 'give an absolute path without `..`',
    });
  }
  const stats = lstatSync(file.from, { throwIfNoEntry: false });
  if (!stats) {
    throw new ShakedownError({
      message: `nothing to place at ${file.to}: ${file.from} does not exist on the node`,
      hint: 'look at `place` in the node config: `from` is a path below the node files, without `.tmpl`',
    });
  }
  if (!stats.isDirectory()) return [file];
  return readdirSync(file.from)
    .sort()
    .flatMap((name) => expand({ ...file, from: join(file.from, name), to: join(file.to, name) }));
}
