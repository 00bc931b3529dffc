import { dirname, join, normalize } from 'node:path';
import type { ReadEntry } from 'tar';
import { ShakedownError } from '../../../common/errors.ts';

/** What a package may come to when it is unpacked. */
export interface PackageBounds {
  readonly entries: number;
  readonly bytes: number;
}

const usual: PackageBounds = { entries: 100_000, bytes: 8 * 2 ** 30 };

/** Plain files, folders and links, by the names that tar(5) has for them. */
const welcome = ['File', 'OldFile', 'ContiguousFile', 'Directory', 'SymbolicLink', 'Link'];

/**
 * A filter for a parser of tars, which lets it go on as long as nothing is wrong with the package
 * and else has it aborted, by `abort`: an entry leads out of the folder, is no plain file, folder
 * or link, or all is larger than `bounds`.
 */
export function keepsToBounds(
  abort: (wrong: ShakedownError) => void,
  bounds: PackageBounds = usual,
): (path: string, entry: unknown) => boolean {
  const look = packageBounds(bounds);
  return (_path, entry) => {
    const wrong = look(entry as ReadEntry);
    if (wrong) abort(wrong);
    return wrong === undefined;
  };
}

/** Looks at the entries of a tar in their order, and gives for each what is wrong with it, if anything. */
function packageBounds(bounds: PackageBounds): (entry: ReadEntry) => ShakedownError | undefined {
  const come = { entries: 0, bytes: 0 };
  return (entry) => {
    come.entries += 1;
    come.bytes += entry.size;
    const why = entryProblem(entry);
    if (why !== undefined) return new ShakedownError({ message: `the package has '${entry.path}', ${why}` });
    if (come.entries > bounds.entries) return tooLarge(`more than ${bounds.entries} files`);
    if (come.bytes > bounds.bytes) return tooLarge(`more than ${bounds.bytes} bytes when it is unpacked`);
    return undefined;
  };
}

const tooLarge = (what: string): ShakedownError => new ShakedownError({ message: `the package has ${what}` });

/** What is wrong with an entry, whatever else is in the package: it leads out, or is nothing that travels. */
export function entryProblem({
  path,
  type,
  linkpath = '',
}: Pick<ReadEntry, 'path' | 'type'> & { readonly linkpath?: string | undefined }): string | undefined {
  if (!welcome.includes(type)) return `which is a ${type}: files, folders and links may be in it`;
  const leadsOut = 'which leads out of its folder';
  if (!isInside(path)) return leadsOut;
  if (type === 'Link' && !isInside(linkpath)) return leadsOut;
  if (type !== 'SymbolicLink') return undefined;
  // What follows the first name may pass other links; from behind those, '..' leads anywhere.
  const isPlain = !linkpath
    .replace(/^(\.{1,2}\/+)*/, '')
    .split('/')
    .includes('..');
  const leadsIn = linkpath === '..' || isPlain;
  return leadsIn && !linkpath.startsWith('/') && isInside(join(dirname(path), linkpath))
    ? undefined
    : leadsOut;
}

const isInside = (path: string): boolean => !path.startsWith('/') && !/^\.\.(\/|$)/.test(normalize(path));
