import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ShakedownError } from '../../common/errors.ts';
import type { AptSource } from '../../common/protocol/installation.ts';
import { writeDurably } from '../files/durable-file.ts';
import type { Originals } from '../files/originals.ts';

/**
 * Adds sources as deb822 files (sources.list(5)), each with its own key (`Signed-By`), in
 * `<directory>/sources.list.d` and `<directory>/keyrings`. What was there is kept in
 * `originals`. Gives whether anything changed. Keys are files and not embedded, which apt only
 * knows since 2.3.10 (Debian 11 has 2.2).
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
    const key = isArmored(source.key)
      ? join(directory, 'keyrings', `shakedown-${source.name}.asc`)
      : source.key;
    if (key === undefined) log(`package source '${source.name}' has no key and is taken as trusted`);
    if (key !== undefined && isArmored(source.key))
      changed = (await write(key, `${source.key.trim()}\n`, originals)) || changed;
    const file = join(directory, 'sources.list.d', `shakedown-${source.name}.sources`);
    changed = (await write(file, sourceText(source, key), originals)) || changed;
  }
  return changed;
}

const isArmored = (key: string | undefined): key is string => key?.includes('-----BEGIN PGP') ?? false;

/** One source in deb822 style; `key` is the file of its key. */
export function sourceText(source: AptSource, key: string | undefined): string {
  const fields = {
    Types: 'deb',
    URIs: source.uris,
    Suites: source.suites,
    Components: source.components,
    'Signed-By': key,
    Trusted: source.trusted || key === undefined ? 'yes' : undefined,
  };
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([field, value]) => `${field}: ${String(value).replaceAll(/\s+/g, ' ')}\n`)
    .join('');
}

async function write(file: string, content: string, originals: Originals): Promise<boolean> {
  if ((await readFile(file, 'utf8').catch(() => undefined)) === content) return false;
  await originals.keep(file);
  // apt reads keys and sources as its own user.
  writeDurably(file, content, 0o644);
  return true;
}
