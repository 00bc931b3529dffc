import { join } from 'node:path';
import type { AptSource } from './installation.ts';

/** A file that belongs into apt's configuration. */
export interface AptFile {
  /** Absolute. */
  readonly file: string;
  readonly content: string;
}

/** Whether a source's key stands in it as text; else it is a path, or there is none. */
const isArmored = (key: string | undefined): key is string => key?.includes('-----BEGIN PGP') ?? false;

/** The file that apt reads a source's key from; undefined where it has none. */
export const keyFileOf = ({ name, key }: AptSource, directory: string): string | undefined =>
  isArmored(key) ? join(directory, 'keyrings', `shakedown-${name}.asc`) : key;

/**
 * A source as files below apt's `directory`, its key first: deb822 (sources.list(5)), each with its own key
 * (`Signed-By`). Keys are files and not embedded, which apt only knows since 2.3.10 (Debian 11 has 2.2).
 */
export function aptSourceFiles(source: AptSource, directory: string): readonly AptFile[] {
  const key = keyFileOf(source, directory);
  const file = join(directory, 'sources.list.d', `shakedown-${source.name}.sources`);
  const text = { file, content: sourceText(source, key) };
  if (key === undefined || !isArmored(source.key)) return [text];
  return [{ file: key, content: `${source.key.trim()}\n` }, text];
}

/** One source in deb822 style; `key` is the file of its key. */
function sourceText(source: AptSource, key: string | undefined): string {
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
