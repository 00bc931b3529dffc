import { readdir } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { join } from 'node:path/posix';
import { closest } from '../../../common/text/closest.ts';

/**
 * The names that rendering can give, as far as they are known before:
 * expressions in names may become anything.
 */
export interface NodeFileNames {
  /** Why there are none, if their folder cannot be read: `ENOENT`. */
  readonly unreadable?: string | undefined;
  has(path: string): boolean;
  /** A name that `path` may have been meant to be. */
  closest(path: string): string | undefined;
}

/** Reads the names below a folder. One that cannot be read, or does not exist, has none. */
export async function nodeFileNames(directory: string): Promise<NodeFileNames> {
  let unreadable: string | undefined;
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch((error) => {
    unreadable = error.code;
    return [];
  });
  const names = entries.map((entry) => {
    const folder = relative(directory, entry.parentPath).split(sep).join('/');
    return join(folder, entry.isDirectory() ? entry.name : entry.name.replace(/\.tmpl$/, ''));
  });
  const patterns = names.map(asPattern);
  return {
    unreadable,
    has: (path) => patterns.some((pattern) => pattern.test(join(path).replace(/\/$/, ''))),
    closest: (path) => closest(path, names) ?? names.find((name) => name.endsWith(`/${path}`)),
  };
}

/** A name as what it may become. */
const asPattern = (name: string): RegExp =>
  new RegExp(
    `^${name
      .split(/<\{.*?\}>/s)
      .map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('[^/]*')}$`,
    's',
  );
