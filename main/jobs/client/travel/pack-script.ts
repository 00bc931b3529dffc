import { statSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { UsageError } from '../../../../common/errors.ts';
import { outFolder } from '../../worker/shakedown-worker.ts';
import { isInside } from './is-inside.ts';
import { PackingList } from './packing-list.ts';

/** Where things lie in the package of a script. */
const places = { alone: 'script', withFolder: 'with' };

export interface ScriptToPack {
  /** Absolute. */
  readonly file: string;
  /** A folder (absolute) that the script takes along. */
  readonly withFolder?: string | undefined;
  /** Files (absolute) that do not travel in the package, for they hold secrets. */
  readonly secretFiles: ReadonlySet<string>;
}

/**
 * Which files travel with a script, and the arguments that `shakedown script` gets where they are. Throws
 * UsageError.
 */
export function packScript({ file, withFolder, secretFiles }: ScriptToPack): {
  readonly list: PackingList;
  readonly args: readonly string[];
} {
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) {
    throw new UsageError(`There is no script ${file}.`);
  }
  if (withFolder !== undefined && !statSync(withFolder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new UsageError(`--with: there is no folder ${withFolder}.`);
  }
  const list = new PackingList(secretFiles);
  if (withFolder !== undefined) list.add(withFolder, places.withFolder);
  const isWithin = withFolder !== undefined && isInside(withFolder, file);
  const path = isWithin
    ? join(places.withFolder, relative(withFolder, file))
    : join(places.alone, basename(file));
  list.add(file, path);
  list.checkLinks();
  if (list.problems.size > 0) {
    throw new UsageError(`Not all of it can travel:\n  ${[...list.problems].join('\n  ')}`);
  }
  const more = withFolder === undefined ? [] : ['--with', places.withFolder];
  return { list, args: [path, ...more, '--out', outFolder] };
}
