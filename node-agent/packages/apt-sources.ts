import { readFile } from 'node:fs/promises';
import { ShakedownError } from '../../common/errors.ts';
import { type AptFile, aptSourceFiles, keyFileOf } from '../../common/protocol/apt-source-files.ts';
import type { AptSource } from '../../common/protocol/installation.ts';
import { writeDurably } from '../files/durable-file.ts';
import type { Originals } from '../files/originals.ts';

/**
 * Adds sources, each with its own key, in `<directory>/sources.list.d` and `<directory>/keyrings`. What was
 * there is kept in `originals`. Gives whether anything changed.
 */
export async function writeSources(
  sources: readonly AptSource[],
  directory: string,
  originals: Originals,
  log: (message: string) => void,
): Promise<boolean> {
  let changed = false;
  for (const source of sources) {
    if (!/^[A-Za-z0-9._-]+$/.test(source.name)) {
      throw new ShakedownError({
        message: `'${source.name}' is not a name for a package source`,
        hint: 'use letters, digits, `.`, `-` and `_`',
      });
    }
    if (keyFileOf(source, directory) === undefined)
      log(`package source '${source.name}' has no key and is taken as trusted`);
    for (const file of aptSourceFiles(source, directory)) changed = (await write(file, originals)) || changed;
  }
  return changed;
}

async function write({ file, content }: AptFile, originals: Originals): Promise<boolean> {
  if ((await readFile(file, 'utf8').catch(() => undefined)) === content) return false;
  await originals.keep(file);
  // apt reads keys and sources as its own user.
  writeDurably(file, content, 0o644);
  return true;
}
